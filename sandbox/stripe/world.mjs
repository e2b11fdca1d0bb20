/** Everything that the stand-in knows, in memory. Each account sees its own objects only. */
import { randomBytes } from "node:crypto";
import { CARDS, paymentMethod } from "./cards.mjs";

export const ORG_KEY = "sk_test_org_sandbox";
export const ORG_RESTRICTED_KEY = "rk_test_org_sandbox";
export const ORG_NO_REFUND_KEY = "rk_test_norefund_sandbox";
export const OTHER_ORG_KEY = "sk_test_other_sandbox";
export const SELLER_KEY = "sk_test_seller_sandbox";
export const OTHER_SELLER_KEY = "sk_test_seller2_sandbox";
export const SELLER_PROFILE = "profile_test_sandbox_merchant";
export const OTHER_SELLER_PROFILE = "profile_test_sandbox_other";
export const CUSTOMER = "cus_sandbox_acme";

/** The rights that a restricted key of Quetra needs, and no others. */
const RIGHTS = {
  payment_intents: "write",
  refunds: "write",
  charges: "read",
  customers: "read",
  payment_methods: "read",
  shared_payment: "write",
  events: "read",
};

/** `rights: null` = all of them. */
const SEED = [
  {
    id: "acct_org_sandbox",
    profile: "profile_test_sandbox_org",
    customers: [{ id: CUSTOMER, prefix: "" }],
    keys: {
      [ORG_KEY]: null,
      [ORG_RESTRICTED_KEY]: RIGHTS,
      [ORG_NO_REFUND_KEY]: { ...RIGHTS, refunds: "none" },
    },
  },
  {
    id: "acct_other_sandbox",
    profile: "profile_test_sandbox_org2",
    customers: [{ id: "cus_sandbox_other", prefix: "pm_other_" }],
    keys: { [OTHER_ORG_KEY]: null },
  },
  { id: "acct_seller_sandbox", profile: SELLER_PROFILE, customers: [], keys: { [SELLER_KEY]: null } },
  { id: "acct_seller2_sandbox", profile: OTHER_SELLER_PROFILE, customers: [], keys: { [OTHER_SELLER_KEY]: null } },
];

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** @param {string} prefix Such as `pi`. */
export const newId = (prefix) =>
  `${prefix}_${[...randomBytes(24)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;

/** @param {{ clock: ReturnType<import("./clock.mjs").createClock>, settings: Record<string, any> }} parts */
export function createWorld({ clock, settings }) {
  const world = {
    clock,
    settings,
    accounts: new Map(),
    keys: new Map(),
    tokens: new Map(),
    late: new Set(),
    emit: () => {},
  };
  for (const seed of SEED) {
    const account = {
      id: seed.id,
      profile: seed.profile,
      customers: new Map(),
      methods: new Map(),
      /** Which test card a payment method is. */
      cards: new Map(),
      intents: new Map(),
      charges: new Map(),
      refunds: new Map(),
      disputes: new Map(),
      events: new Map(),
    };
    world.accounts.set(account.id, account);
    for (const [key, rights] of Object.entries(seed.keys)) world.keys.set(key, { account, rights, revoked: false });
    for (const each of seed.customers) addCustomer(account, each, clock.seconds());
  }
  return world;
}

function addCustomer(account, { id, prefix }, created) {
  account.customers.set(id, customerObject(id, created));
  for (const card of Object.keys(CARDS)) {
    const method = prefix === "" ? card : card.replace(/^pm_/, prefix);
    account.methods.set(method, paymentMethod({ id: method, card, customer: id, created }));
    account.cards.set(method, card);
  }
}

const customerObject = (id, created) => ({
  id,
  object: "customer",
  address: null,
  balance: 0,
  created,
  currency: null,
  default_source: null,
  delinquent: false,
  description: "Sandbox customer",
  discount: null,
  email: "billing@acme.example",
  invoice_prefix: "SANDBOX",
  invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
  livemode: false,
  metadata: {},
  name: "Acme",
  next_invoice_sequence: 1,
  phone: null,
  preferred_locales: [],
  shipping: null,
  tax_exempt: "none",
  test_clock: null,
});
