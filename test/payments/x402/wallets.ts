import { privateKeyToAccount } from "viem/accounts";

export const ORGANIZATION = "org_0000000000000000000001";
export const TRANSACTION = "txn_0000000000000000000001";
/** A key of nobody. */
export const PRIVATE_KEY = `0x${"42".repeat(32)}` as const;
export const accountOfTest = privateKeyToAccount(PRIVATE_KEY);
export const SECRETS = { SEALING_SECRETS: "s1:fedcba9876543210fedcba9876543210" };
export const ROTATED = { SEALING_SECRETS: `s2:0123456789abcdef0123456789abcdef,${SECRETS.SEALING_SECRETS}` };
/** Of `grant()` by that key, recovered in `pay.test.ts`. RFC 6979 has no randomness: every runtime must make these bytes. */
export const SIGNATURE_OF_TEST =
  "0xe474f4f8c1c56f4348b4d38cf35303b80ce04ec0f80462151ae57b53ea56e8820d978eca43d3ffa115fb88ae9f3fda3e7b3504e9f426752b10a7572c134a1a3d1b";
