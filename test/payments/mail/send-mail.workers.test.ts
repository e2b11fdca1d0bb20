import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

it("Rails sends no mail where none is configured, through the service binding", async () => {
  const mail = { to: "ana@company.example", subject: "Hello", text: "Hello", html: "<p>Hello</p>" };
  expect(await env.RAILS.sendMail(mail)).toEqual({ sent: false, why: "not_configured" });
});
