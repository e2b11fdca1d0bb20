/** Programs that end with this process, whatever ends it: SIGKILL runs no handler, but it closes pipes. */
import { spawn } from "node:child_process";

/**
 * Runs the program of its arguments, and kills it when the other end of descriptor 3 is gone. The shell's own `read`, so
 * that no second process stays behind. "exec" in front of the program, so that what is killed is the program itself.
 */
const WATCH = `
"$@" 3<&- &
program=$!
(read -r _ <&3; kill -9 $program) 2>/dev/null &
watch=$!
wait $program
code=$?
kill $watch 2>/dev/null
exit $code
`;

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {{ ended: Promise<string>, end: () => Promise<void> }} `ended`: settles with the program's last words.
 */
export function spawnTied(command, args) {
  const isWindows = process.platform === "win32";
  // In the process group of this process: who ends the group ends the program at once.
  const child = isWindows
    ? spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
    : spawn("/bin/sh", ["-c", WATCH, "sh", command, ...args], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk) => {
      words = (words + chunk).slice(-2_000);
    });
  }
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", () => resolve(words.trim()));
  });
  const end = async () => {
    if (isWindows) child.kill("SIGKILL");
    else child.stdio[3].destroy();
    await ended;
  };
  return { ended, end };
}
