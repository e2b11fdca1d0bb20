/** What the stand-in knows: keys, a customer with cards, and the merchant's own account. None of it opens anything else. */
export const ACCOUNTS = {
  key: "rk_test_org_sandbox",
  customer: "cus_sandbox_acme",
  card: "pm_card_visa",
  sellerKey: "sk_test_seller_sandbox",
  sellerProfile: "profile_test_sandbox_merchant",
  bearer: "acp_sandbox_bearer",
};
