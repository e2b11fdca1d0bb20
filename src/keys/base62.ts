const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((character, value) => [character, value]));

/** 62^8 is the largest power that leaves room for a whole chunk in a safe integer. */
const CHUNK = 8;

/** Characters that `byteLength` bytes always take. */
export function base62Length(byteLength: number): number {
  return Math.ceil((byteLength * 8) / Math.log2(62));
}

/** Big-endian number in base 62, padded with zeros to the fixed length, so that every byte string has exactly one text. */
export function encodeBase62(bytes: Uint8Array): string {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  let text = "";
  for (let left = base62Length(bytes.length); left > 0; left--) {
    text = ALPHABET[Number(number % 62n)] + text;
    number /= 62n;
  }
  return text;
}

/** Null for a wrong length, a foreign character, or a number too large for the bytes: the encoding is canonical. */
export function decodeBase62(text: string, byteLength: number): Uint8Array | null {
  if (text.length !== base62Length(byteLength)) return null;
  let number = 0n;
  for (let start = 0; start < text.length; start += CHUNK) {
    const chunk = text.slice(start, start + CHUNK);
    let value = 0;
    for (const character of chunk) {
      const digit = DIGITS.get(character);
      if (digit === undefined) return null;
      value = value * 62 + digit;
    }
    number = number * BigInt(62 ** chunk.length) + BigInt(value);
  }
  const hex = number.toString(16).padStart(byteLength * 2, "0");
  if (hex.length > byteLength * 2) return null;
  return Uint8Array.from({ length: byteLength }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16));
}
