import type { Env } from "../env.ts";
import type { GuardPolicy } from "./guard.ts";

type Variables = Pick<Env, "ALLOWED_HOSTS" | "SANDBOX_PORTS">;

let memo: { readonly hosts: string; readonly ports: string; readonly policy: GuardPolicy } | undefined;

/**
 * What the deployment lets out. `SANDBOX_PORTS` opens loopback for exactly those ports; an entry that is no port number
 * opens nothing. A name in `ALLOWED_HOSTS` that is no host name throws in the guard: skipping it would let calls to
 * ourselves out.
 */
export function guardPolicy({ ALLOWED_HOSTS: hosts = "", SANDBOX_PORTS: ports = "" }: Variables): GuardPolicy {
  if (memo?.hosts !== hosts || memo.ports !== ports) memo = { hosts, ports, policy: read(hosts, ports) };
  return memo.policy;
}

function read(hosts: string, ports: string): GuardPolicy {
  const ownHosts = hosts.split(",");
  const loopbackPorts = ports
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => /^[1-9]\d{0,4}$/.test(entry))
    .map(Number);
  return loopbackPorts.length === 0 ? { ownHosts } : { ownHosts, allowLoopback: true, loopbackPorts };
}
