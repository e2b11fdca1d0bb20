/** Rows that send too much: bodies without an end, bombs, headers by the hundred. `bytes_written` counts what was taken. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, gzipSync } from "node:zlib";
import { honestOption, render } from "./render.mjs";

const MIB = 1024 * 1024;
const HUGE = 256 * MIB;
const CHUNK = Buffer.alloc(64 * 1024, "a");

function* chunks(counter, bytes) {
  for (let left = bytes; left > 0; left -= CHUNK.length) {
    const part = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
    counter.bytes_written += part.length;
    yield part;
  }
}

/** Writes until `bytes` are out or the other side has had enough. */
const pour = (response, counter, bytes) => pipeline(Readable.from(chunks(counter, bytes)), response).catch(() => {});

let bomb;
/** 128 MB of zeros in 128 KB. */
const bombOf = () => {
  bomb ??= gzipSync(Buffer.alloc(128 * MIB), { level: constants.Z_BEST_SPEED });
  return bomb;
};

const poured =
  (status, headersOf, bytes, start = "") =>
  async (place, deal) => {
    const { response } = deal;
    response.writeHead(status, headersOf(place));
    response.write(start);
    await pour(response, deal.case, bytes);
    return null;
  };

const quoted = (place) => render(place, [honestOption(place)]).headers;
const json = () => ({ "content-type": "application/json" });

/** These answer every request that has no payment; `-paid` ones take the money first. */
export const BODIES = {
  "huge-402": poured(402, json, HUGE, '{"x402Version":1,"error":"'),
  "huge-402-with-header": poured(402, quoted, HUGE),
  "lying-length-402": async (place, { response }) => {
    // Says that much more comes than does.
    response.writeHead(402, { ...quoted(place), "content-length": "1000000" });
    response.write("{}");
    setTimeout(() => response.destroy(), 300).unref();
    return null;
  },
  "bomb-402": (place) => {
    const headers = { ...json(), "content-encoding": "gzip", "content-length": String(bombOf().length) };
    return { status: 402, headers: place.version === 1 ? headers : { ...quoted(place), ...headers }, body: bombOf() };
  },
  "infinite-200": poured(200, json, Number.POSITIVE_INFINITY),
  "bomb-200": () => ({ status: 200, headers: { ...json(), "content-encoding": "gzip" }, body: bombOf() }),
  // A byte a second: never idle, never done.
  "drip-200": async (_place, deal) => {
    const { response } = deal;
    response.writeHead(200, json());
    const drip = setInterval(() => {
      response.write("a");
      deal.case.bytes_written += 1;
    }, 1_000);
    response.once("close", () => clearInterval(drip));
    return null;
  },
  "never-answers": () => null,
  resets: (_place, { response }) => {
    response.socket?.resetAndDestroy();
    return null;
  },
  // `?count=` and `?size=`: at the edges of what a client takes.
  "many-headers": (place) => {
    const count = Number(place.query.get("count") ?? 2_000);
    const size = Number(place.query.get("size") ?? 100);
    const headers = Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-h${n}`, "a".repeat(size)]));
    return { ...render(place, [honestOption(place)]), headers: { ...quoted(place), ...headers } };
  },
};

/** What is sent to somebody who has paid: the money is taken first. */
export const PAID_BODIES = {
  "infinite-paid": poured(200, json, Number.POSITIVE_INFINITY),
  "huge-500-paid": poured(500, json, HUGE),
  "bomb-paid": BODIES["bomb-200"],
  "drip-paid": BODIES["drip-200"],
  "many-headers-paid": (place) => ({ ...BODIES["many-headers"](place), status: 200 }),
};
