/** Names that are hard to remember, for fields that take them. Anything else can be typed, and is then judged. */
export const Suggestions = () => (
  <>
    <datalist id="zones">
      {zones().map((zone) => (
        <option value={zone} />
      ))}
    </datalist>
    <datalist id="currencies">
      {CURRENCIES.map((currency) => (
        <option value={currency} />
      ))}
    </datalist>
  </>
);

const CURRENCIES = [
  "USD",
  "EUR",
  "GBP",
  "CHF",
  "JPY",
  "CAD",
  "AUD",
  "SEK",
  "NOK",
  "DKK",
  "PLN",
  "CZK",
  "SGD",
  "INR",
  "BRL",
];

const zones = (): readonly string[] => {
  memo ??= ["UTC", ...Intl.supportedValuesOf("timeZone")];
  return memo;
};
let memo: readonly string[] | undefined;
