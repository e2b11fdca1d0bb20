import type { PaymentGrant } from "../rails-api.ts";
import { assetOf } from "./assets.ts";
import { type TransferTypedData, transferTypedData } from "./typed-data.ts";

/** The part of a viem account that is used. */
export interface SigningAccount {
  readonly address: `0x${string}`;
  signTypedData(typedData: TransferTypedData): Promise<`0x${string}`>;
}

/** Whoever asks for a signature sees an address and this one function; no transaction can be signed with it. */
export interface OneShotSigner {
  readonly address: `0x${string}`;
  /** `typedData` is judged in full, so its type promises nothing. */
  signTypedData(typedData: unknown): Promise<`0x${string}`>;
}

/** `field` is a path in our own typed data. */
export class SignerRefusal extends Error {
  readonly field: string;

  constructor(field: string) {
    super(`The signer refused: ${field}.`);
    this.name = "SignerRefusal";
    this.field = field;
  }
}

/** What the grant says, as the typed data that may be signed for it. */
export const grantTypedData = (grant: PaymentGrant): TransferTypedData =>
  transferTypedData(assetOf(grant.network), {
    from: grant.from as `0x${string}`,
    to: grant.to as `0x${string}`,
    value: BigInt(grant.value),
    validAfter: BigInt(grant.valid_after),
    validBefore: BigInt(grant.valid_before),
    nonce: grant.nonce as `0x${string}`,
  });

/**
 * Signs once, and only what the grant says: one decision is one signature. Every field of what it is handed is compared;
 * what is signed is then made from the grant, never from the object that was handed in. After the first call, also a
 * refused one, it signs nothing more.
 */
export function oneShotSigner(account: SigningAccount, grant: PaymentGrant): OneShotSigner {
  let spent = false;
  return {
    address: account.address,
    async signTypedData(typedData) {
      if (spent) throw new SignerRefusal("already used");
      spent = true;
      const granted = grantTypedData(grant);
      if (account.address.toLowerCase() !== grant.from) throw new SignerRefusal("message.from");
      if (assetOf(grant.network).address !== grant.asset) throw new SignerRefusal("domain.verifyingContract");
      compare(granted, typedData, "");
      return account.signTypedData(granted);
    },
  };
}

/** Addresses and hashes compare without case, which is spelling; everything else exactly, and no key more or less. */
function compare(granted: unknown, asked: unknown, path: string): void {
  if (typeof granted !== "object" || granted === null) {
    const same = isHex(granted) && isHex(asked) ? granted.toLowerCase() === asked.toLowerCase() : granted === asked;
    if (!same) throw new SignerRefusal(path);
    return;
  }
  if (typeof asked !== "object" || asked === null || Array.isArray(granted) !== Array.isArray(asked)) {
    throw new SignerRefusal(path || "typed data");
  }
  const keys = Object.keys(granted);
  if (Object.keys(asked).length !== keys.length) throw new SignerRefusal(path || "typed data");
  for (const key of keys) {
    if (!Object.hasOwn(asked, key)) throw new SignerRefusal(join(path, key));
    compare((granted as Record<string, unknown>)[key], (asked as Record<string, unknown>)[key], join(path, key));
  }
}

const isHex = (value: unknown): value is string => typeof value === "string" && /^0x[0-9a-fA-F]+$/.test(value);
const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);
