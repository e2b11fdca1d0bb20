import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { newSecret, secretBytes, signatureHeaders } from "../../src/webhooks/sign.ts";
import { random } from "../support/random.ts";
import { verifies, verifiesPlain } from "../support/verify-webhook.ts";

const now = () => Math.floor(Date.now() / 1000);
const BODY = JSON.stringify({
  id: "evt_1",
  type: "transaction.approved",
  data: { amount: 0.003, vendor: "münchen.example" },
});
const message = (body = BODY) => ({ id: "evt_1nXq5WbLk9Zm4PvRs7Yd2T", timestamp: now(), body });

const library = (secret: string, headers: Readonly<Record<string, string>>, body: string): boolean => {
  try {
    new Webhook(secret).verify(body, { ...headers });
    return true;
  } catch {
    return false;
  }
};

describe("signatures", () => {
  it("are those of the vectors", async () => {
    // Computed with `openssl dgst -sha256 -mac HMAC -macopt hexkey:00…1f`.
    const secret = `whsec_${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString("base64")}`;
    expect(
      await signatureHeaders([secret], { id: "msg_1", timestamp: 1_614_265_330, body: '{"test":2432232314}' }),
    ).toEqual({
      "webhook-id": "msg_1",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,vXDmOokJdKNroS5ozKDD7Ex26CvU20J1YJuGMD2PhF8=",
      "x-quetra-signature": "9efc01dbc4481d0957198d30dc4986ec300828c6867b46d51394636a89c83d28",
    });
  });

  it("verify with standardwebhooks, and standardwebhooks' with ours", async () => {
    for (let run = 0; run < 200; run++) {
      const secret = newSecret();
      const given = message(JSON.stringify({ ...JSON.parse(BODY), more: "é".repeat(run) }));
      const headers = await signatureHeaders([secret], given);
      expect(library(secret, headers, given.body)).toBe(true);
      expect(verifies(secret, headers, given.body, now())).toBe(true);
      expect(verifiesPlain(secret, headers["x-quetra-signature"]!, given.body)).toBe(true);
      const theirs = new Webhook(secret).sign(given.id, new Date(given.timestamp * 1000), given.body);
      expect(headers["webhook-signature"]).toBe(theirs);
    }
  });

  it("of two secrets stand side by side, and each secret verifies alone", async () => {
    const [current, previous, other] = [newSecret(), newSecret(), newSecret()];
    const headers = await signatureHeaders([current, previous], message());
    for (const secret of [current, previous]) {
      expect(library(secret, headers, BODY)).toBe(true);
      expect(verifies(secret, headers, BODY, now())).toBe(true);
      expect(verifiesPlain(secret, headers["x-quetra-signature"]!, BODY)).toBe(true);
    }
    expect(library(other, headers, BODY)).toBe(false);
    expect(verifiesPlain(other, headers["x-quetra-signature"]!, BODY)).toBe(false);
    const [v1, v2] = headers["webhook-signature"]!.split(" ");
    expect([v1, v2].every((part) => /^v1,[A-Za-z0-9+/]{43}=$/.test(part!))).toBe(true);
    expect(headers["x-quetra-signature"]).toMatch(/^[0-9a-f]{64},[0-9a-f]{64}$/);
  });

  it("of an old attempt are refused by receivers", async () => {
    const secret = newSecret();
    const old = { ...message(), timestamp: now() - 301 };
    const headers = await signatureHeaders([secret], old);
    expect(library(secret, headers, BODY)).toBe(false);
    expect(verifies(secret, headers, BODY, now())).toBe(false);
  });

  it("cannot be forged: of 100,000 changed signatures, bodies and times none verifies", async () => {
    const secret = newSecret();
    const given = message();
    const headers = await signatureHeaders([secret], given);
    const [, mac = ""] = headers["webhook-signature"]!.split(",");
    const next = random(20_261_121);
    const below = (n: number) => Math.floor(next() * n);
    const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= {}":,.';
    const mutate = (text: string): string => {
      const at = below(text.length);
      const char = ALPHABET[below(ALPHABET.length)]!;
      const kinds = [
        text.slice(0, at) + char + text.slice(at + 1),
        text.slice(0, at) + char + text.slice(at),
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at),
      ];
      return kinds[below(kinds.length)]!;
    };
    let forged = 0;
    let tried = 0;
    while (tried < 100_000) {
      const what = below(4);
      const body = what === 0 ? mutate(BODY) : BODY;
      // A space would leave the true signature in the list, which is then no forgery.
      const signature = what === 1 ? mutate(mac).replaceAll(" ", "") : mac;
      const timestamp = what === 2 ? given.timestamp + below(600) - 300 : given.timestamp;
      const id = what === 3 ? mutate(given.id) : given.id;
      if (body === BODY && signature === mac && timestamp === given.timestamp && id === given.id) continue;
      tried += 1;
      const changed = {
        "webhook-id": id,
        "webhook-timestamp": String(timestamp),
        "webhook-signature": `v1,${signature}`,
      };
      if (library(secret, changed, body) || verifies(secret, changed, body, now())) forged += 1;
    }
    expect(forged).toBe(0);
    expect(library(secret, headers, BODY) && verifies(secret, headers, BODY, now())).toBe(true);
  }, 60_000);
});

describe("secrets", () => {
  it("are 32 random bytes in base64", () => {
    expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(new Set(Array.from({ length: 100 }, newSecret)).size).toBe(100);
    expect(secretBytes(newSecret())).toHaveLength(32);
  });

  it("of another shape sign nothing, and are not in the error", async () => {
    for (const wrong of ["", "whsec_", "whsec_c2hvcnQ=", newSecret().slice(6), `${newSecret()}AAAA`]) {
      await expect(signatureHeaders([wrong], message())).rejects.toThrow("this is not a webhook secret");
    }
  });
});
