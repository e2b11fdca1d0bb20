/** A forecast that is made up, but believable, and the same whenever the same city is asked about on the same day. */
import { createHash } from "node:crypto";

const SKIES = ["clear", "mostly clear", "partly cloudy", "cloudy", "light rain", "rain", "fog", "thunderstorm"];
const DAY_MS = 86_400_000;

/**
 * @param {string} city
 * @param {number} days
 * @param {number} [now] Unix milliseconds.
 */
export function forecast(city, days, now = Date.now()) {
  // Twelve degrees at the equinoxes, eleven more in July and less in January; each city lies a little elsewhere.
  const warmth = (seed(city, "climate")[0] % 9) - 4;
  const list = Array.from({ length: days }, (_, ahead) => {
    const date = new Date(now + ahead * DAY_MS);
    const [sky, high, spread, wet, wind] = seed(city, date.toISOString().slice(0, 10));
    const season = -11 * Math.cos((2 * Math.PI * (date.getUTCMonth() + date.getUTCDate() / 31)) / 12);
    const highC = Math.round(12 + season + warmth + (high % 7) - 3);
    const kind = sky % SKIES.length;
    return {
      date: date.toISOString().slice(0, 10),
      sky: SKIES[kind],
      high_c: highC,
      low_c: highC - 4 - (spread % 7),
      rain_probability: Math.min(0.95, (kind * 11 + (wet % 12)) / 100),
      wind_kmh: 3 + (wind % 28),
    };
  });
  return { city, issued_at: new Date(now).toISOString(), units: "metric", days: list };
}

const seed = (...parts) => createHash("sha256").update(JSON.stringify(parts).toLowerCase()).digest();
