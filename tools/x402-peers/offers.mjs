/** What every seller here sells: dollars, and micros. The second price is less than a cent, so no cent is rounded. */
export const OFFERS = {
  article: { method: "GET", path: "/article", price: "0.03", micros: 30_000 },
  summary: { method: "POST", path: "/summary", price: "0.0015", micros: 1_500 },
  failing: { method: "GET", path: "/failing", price: "0.01", micros: 10_000 },
};
/** What mppx alone sells, and for its own protocol alone. */
export const NATIVE = { method: "GET", path: "/native", price: "0.02" };

/** Base Sepolia, as version 2 and as version 1 name it. */
export const NETWORK = "eip155:84532";
export const NETWORK_V1 = "base-sepolia";
