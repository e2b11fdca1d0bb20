/** What is the same in every seller: where it hears, what it hands out, and what it can say about its buyers. */
const [facilitatorUrl, payTo] = process.argv.slice(2);
if (payTo === undefined) {
  console.error(`usage: node ${process.argv[1]} <facilitator URL> <address that is paid>`);
  process.exit(2);
}

export { facilitatorUrl, payTo };

const PAYS = /^(authorization|payment|x-payment)/;
const requests = [];

/** Notes a request: which headers it came with that pay somebody. */
export function note(method, path, names) {
  requests.push({ method, path, pays_with: [...names].filter((name) => PAYS.test(name)) });
}

const identifiers = [];
/** Notes the id that a buyer gave a payment. */
export const noteIdentifier = (id) => identifiers.push(id);

/** What a seller answers to GET /requests. */
export const noted = () => ({ requests, identifiers });

let copies = 0;
/** Numbered, so that one copy handed out twice is not taken for two. */
export function article() {
  copies += 1;
  return { title: "On honest sellers", copy: copies };
}
export const summary = (text) => ({ characters: text.length, summary: text.slice(0, 12) });
export const failure = { error: "The press is out of order." };

/** Says where it hears, and ends when its parent does: that closes this end of the pipe, however the parent ended. */
export function announce(port) {
  process.stdin
    .on("end", () => process.exit(0))
    .on("error", () => process.exit(0))
    .resume();
  console.log(JSON.stringify({ port }));
}
