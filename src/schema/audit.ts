import * as z from "zod";

/** What the REST API shows of the audit proof. Signed statements are JWS in compact serialization (RFC 7515), EdDSA. */
export const jws = z
  .string()
  .meta({ description: "JWS in compact serialization, EdDSA; see the organization's jwks.json" });

export const checkpoint = z.object({
  seq: z.int(),
  hash: z.string(),
  jws,
  kid: z.string(),
  at: z.string().meta({ description: "When it was signed" }),
});

export const signingKey = z.object({
  kid: z.string().meta({ description: "RFC 7638 thumbprint" }),
  public_jwk: z.object({
    alg: z.literal("EdDSA"),
    crv: z.literal("Ed25519"),
    kty: z.literal("OKP"),
    x: z.string(),
    kid: z.string(),
    use: z.literal("sig"),
  }),
  key_version: z.string().meta({ description: "Id of the secret that its private half is sealed with" }),
  created_at: z.string(),
});

const link = z.object({ seq: z.int(), hash: z.string() });
const amount = z.string().meta({ description: "Decimal, major units" });
export const receipt = z.object({
  receipt: jws,
  kid: z.string(),
  payload: z
    .object({
      iss: z.string(),
      mode: z.enum(["test", "live"]),
      transaction_id: z.string(),
      agent_id: z.string(),
      vendor: z.string(),
      protocol: z.string(),
      amount,
      currency: z.string(),
      status: z.string(),
      decision: link.extend({ outcome: z.string(), event_id: z.string(), at: z.string() }),
      mandate: z.object({ id: z.string(), version: z.int(), terms_hash: z.string() }).nullable(),
      settlement: z.object({
        held: amount,
        settled: amount,
        refunded: amount,
        overdraft: z.boolean(),
        presumed: z.boolean(),
        late: z.boolean(),
        simulated: z.boolean(),
        payment: z
          .record(z.string(), z.string().nullable())
          .nullable()
          .meta({ description: "What the payment tool's journal says: to whom, what became of it" }),
      }),
      event: link.extend({ id: z.string(), type: z.string(), at: z.string() }),
      head: link.meta({ description: "The log's newest link when the receipt was signed" }),
      at: z.string(),
    })
    .meta({ description: "What the receipt says: its payload, decoded" }),
});

export const erasure = z.object({
  event_id: z.string().meta({ description: "The audit.erased event" }),
  seq: z.int(),
  erased: z.array(z.object({ seq: z.int(), id: z.string(), type: z.string() })),
});
