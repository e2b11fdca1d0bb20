import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeToken {
  readonly max: number;
  readonly currency: string;
  used: number | null;
}

export interface FakeCall {
  readonly path: string;
  readonly key: string;
  readonly version: string;
  readonly form: Readonly<Record<string, string>>;
}

/**
 * The part of Stripe that a shop needs: a token is spent once and never above its limit, and a key does a thing once.
 */
export async function startFakeStripe() {
  const tokens = new Map<string, FakeToken>();
  const answers = new Map<string, { status: number; body: unknown }>();
  const payments = new Map<string, { amount: number; status: string }>();
  const refunds: { payment: string; amount: number }[] = [];
  const calls: FakeCall[] = [];
  /** What to do with the next requests: an error of the server, or a payment that takes its time. */
  const next: ("500" | "processing" | "slow")[] = [];

  const refuse = (code: string) => ({ status: 402, body: { error: { type: "card_error", code } } });
  const charge = (form: Readonly<Record<string, string>>, status: string) => {
    const token = tokens.get(form["payment_method_data[shared_payment_granted_token]"] ?? "");
    const amount = Number(form.amount);
    if (token === undefined) return refuse("resource_missing");
    if (token.used !== null) return refuse("token_used");
    if (form.currency !== token.currency || amount > token.max) return refuse("token_limit");
    token.used = amount;
    const id = `pi_${payments.size + 1}`;
    payments.set(id, { amount, status });
    return { status: 200, body: { id, status } };
  };
  const refund = (form: Readonly<Record<string, string>>) => {
    const payment = payments.get(form.payment_intent ?? "");
    if (payment === undefined) return refuse("resource_missing");
    refunds.push({ payment: form.payment_intent ?? "", amount: Number(form.amount) });
    return { status: 200, body: { id: `re_${refunds.length}`, status: "succeeded" } };
  };

  const server = createServer(async (request, response) => {
    let text = "";
    for await (const piece of request) text += piece;
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const say = ({ status, body }: { status: number; body: unknown }) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.headers.authorization !== "Bearer sk_test_seller_sandbox") return say({ status: 401, body: {} });
    if (request.method === "GET") {
      const id = pathname.split("/").at(-1) ?? "";
      return say({ status: 200, body: { id, status: payments.get(id)?.status } });
    }
    const key = String(request.headers["idempotency-key"]);
    const form = Object.fromEntries(new URLSearchParams(text));
    calls.push({ path: pathname, key, version: String(request.headers["stripe-version"]), form });
    const turn = next.shift();
    if (turn === "500") return say({ status: 500, body: {} });
    if (turn === "slow") await new Promise((resolve) => setTimeout(resolve, 100));
    const before = answers.get(key);
    if (before !== undefined) return say(before);
    const status = turn === "processing" ? "processing" : "succeeded";
    const answer = pathname === "/v1/refunds" ? refund(form) : charge(form, status);
    answers.set(key, answer);
    return say(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    payments,
    refunds,
    calls,
    next,
    token(max: number, currency = "usd"): string {
      const id = `spt_${tokens.size + 1}`;
      tokens.set(id, { max, currency, used: null });
      return id;
    },
    tokens,
    taken: () => [...tokens.values()].reduce((sum, { used }) => sum + (used ?? 0), 0),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
