/** How a receiver checks that a message is ours: with the library of Standard Webhooks. Pure. */
export interface VerifySnippet {
  readonly id: string;
  readonly label: string;
  readonly install: string;
  readonly text: string;
}

export const VERIFY_SNIPPETS: readonly VerifySnippet[] = [
  {
    id: "node",
    label: "Node",
    install: "npm install standardwebhooks express",
    text: `import express from "express";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…
const app = express();

// The signature covers the bytes as they came: no JSON parser before it.
app.post("/quetra", express.raw({ type: "application/json" }), (request, response) => {
  let event;
  try {
    event = webhook.verify(request.body, request.headers);
  } catch {
    return response.status(400).end();
  }
  response.status(204).end(); // Answer first, within 15 seconds; work afterwards.
  console.log(event.id, event.type, event.data); // The same id can come twice: drop what you have seen.
});
app.listen(3000);`,
  },
  {
    id: "python",
    label: "Python",
    install: "pip install standardwebhooks flask",
    text: `import os
from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])  # whsec_…
app = Flask(__name__)

@app.post("/quetra")
def receive():
    try:
        # The signature covers the bytes as they came: no JSON parser before it.
        event = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 400
    print(event["id"], event["type"], event["data"])  # The same id can come twice.
    return "", 204`,
  },
];
