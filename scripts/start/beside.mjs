/** Programs that run beside the local service and end with it. */
import { lastWords, run } from "./service.mjs";

/**
 * Starts a program of ours, which says in one line of JSON when it is ready. It ends with this process, however that ends:
 * its standard input closes.
 *
 * @param {string} name What it is called in errors.
 * @param {readonly string[]} args
 * @param {Record<string, string>} [variables]
 * @param {(line: string) => void} [onLine] Gets each later line.
 * @returns {Promise<{ ready: any, stopped: Promise<{ words: string }> }>} `ready`: what the line said.
 */
export async function startBeside(name, args, variables = {}, onLine = () => {}) {
  const { child, ended } = run("node", args, { stdio: ["pipe", "pipe", "pipe"], variables });
  const words = lastWords(child);
  const stopped = ended.then(({ error }) => ({ words: error === undefined ? words() : error.message }));
  const ready = new Promise((resolve) => {
    let isFirst = true;
    const take = (line) => {
      if (isFirst) resolve({ said: JSON.parse(line) });
      else onLine(line);
      isFirst = false;
    };
    let rest = "";
    child.stdout.on("data", (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop();
      lines.forEach(take);
    });
  });
  const outcome = await Promise.race([ready, stopped]);
  if (outcome.words !== undefined) throw new Error(`${name} did not start.\n${outcome.words}`);
  return { ready: outcome.said, stopped };
}
