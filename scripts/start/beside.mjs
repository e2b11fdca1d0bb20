/** Programs that run beside the local service and end with it. */
import { lastWords, run } from "./service.mjs";

/**
 * Starts a program of ours, which says in one line of JSON when it is ready. It ends with this process, however that ends:
 * its standard input closes.
 *
 * @param {string} name What it is called in errors.
 * @param {readonly string[]} args
 * @param {Record<string, string>} [variables]
 * @returns {Promise<{ ready: any, stopped: Promise<{ words: string }> }>} `ready`: what the line said.
 */
export async function startBeside(name, args, variables = {}) {
  const { child, ended } = run("node", args, { stdio: ["pipe", "pipe", "pipe"], variables });
  const words = lastWords(child);
  const stopped = ended.then(({ error }) => ({ words: error === undefined ? words() : error.message }));
  const ready = new Promise((resolve) => {
    let line = "";
    child.stdout.on("data", (chunk) => {
      line += chunk;
      if (line.includes("\n")) resolve({ said: JSON.parse(line.slice(0, line.indexOf("\n"))) });
    });
  });
  const outcome = await Promise.race([ready, stopped]);
  if (outcome.words !== undefined) throw new Error(`${name} did not start.\n${outcome.words}`);
  return { ready: outcome.said, stopped };
}
