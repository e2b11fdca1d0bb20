/** Rows that send the client elsewhere before anything is paid. */
import { plain } from "./render.mjs";

const to = (location, status = 302) => plain(status, "", { location });
const own = ({ origin, id }, row) => `${origin}/c/${id}/${row}`;

/** Places that no service must call; by name, so that a test asks for /redirect-to/<name>. */
export const FORBIDDEN_LOCATIONS = {
  metadata: () => "http://169.254.169.254/latest/meta-data/",
  "metadata-https": () => "https://169.254.169.254/latest/meta-data/",
  "metadata-name": () => "https://metadata.google.internal/computeMetadata/v1/",
  port: ({ forbidden }) => `http://127.0.0.1:${forbidden}/`,
  "port-https": ({ forbidden }) => `https://127.0.0.1:${forbidden}/`,
  ipv6: ({ forbidden }) => `http://[::1]:${forbidden}/`,
  "ipv6-mapped": ({ forbidden }) => `http://[::ffff:127.0.0.1]:${forbidden}/`,
  "localhost-dot": ({ forbidden }) => `http://localhost.:${forbidden}/`,
  decimal: ({ forbidden }) => `http://2130706433:${forbidden}/`,
  hex: ({ forbidden }) => `http://0x7f000001:${forbidden}/`,
  octal: ({ forbidden }) => `http://0177.0.0.1:${forbidden}/`,
  short: ({ forbidden }) => `http://127.1:${forbidden}/`,
  "all-interfaces": ({ forbidden }) => `http://0.0.0.0:${forbidden}/`,
  "wildcard-dns": ({ forbidden }) => `http://127.0.0.1.nip.io:${forbidden}/`,
  userinfo: ({ forbidden }) => `http://user:secret@127.0.0.1:${forbidden}/`,
  "userinfo-trick": ({ origin, forbidden }) => `${origin}@127.0.0.1:${forbidden}/`,
  "scheme-relative": ({ forbidden }) => `//127.0.0.1:${forbidden}/`,
  backslash: ({ forbidden }) => `http:\\\\127.0.0.1:${forbidden}\\`,
  private: () => "https://10.0.0.1/",
  "single-label": () => "https://intranet/",
  internal: () => "https://vault.internal/",
  file: () => "file:///etc/passwd",
  script: () => "javascript:alert(1)",
  data: () => "data:text/html,402",
  ftp: ({ forbidden }) => `ftp://127.0.0.1:${forbidden}/`,
  long: ({ origin }) => `${origin}/${"a".repeat(10_000)}`,
  empty: () => "",
};

/** Bytes on the wire that no HTTP library lets through: written to the socket as they are. */
const RAW_LOCATIONS = {
  "raw-line-break": ({ origin }) => `${origin}/a\r\nPAYMENT-RESPONSE: e30=\r\nX-Injected: 1`,
  "raw-folded": ({ origin }) => `${origin}/a\r\n b`,
  "raw-nul": ({ origin }) => `${origin}/a\0b`,
  "raw-tab": ({ origin }) => `${origin.replace("127", "127\t")}/a`,
  "raw-twice": ({ origin, forbidden }) => `${origin}/a\r\nLocation: http://127.0.0.1:${forbidden}/`,
  circled: ({ forbidden }) => `http://①②⑦.0.0.1:${forbidden}/`,
  "raw-utf8": ({ origin }) => `${origin}/é`,
};

export const REDIRECTS = {
  "redirect-same": (place) => to(own(place, "honest")),
  "redirect-relative": () => to("honest"),
  "redirect-307": (place) => to(own(place, "honest"), 307),
  "redirect-303": (place) => to(own(place, "honest"), 303),
  "redirect-300": (place) => to(own(place, "honest"), 300),
  "redirect-none": () => plain(302, ""),
  "redirect-loop": (place) => to(own(place, "redirect-loop")),
  // `?n=3`: that many redirects, then the honest row.
  "redirect-chain": (place) => {
    const left = Number(place.query.get("n") ?? 3) - 1;
    return to(left <= 0 ? own(place, "honest") : `${own(place, "redirect-chain")}?n=${left}`);
  },
  "redirect-cross": ({ other, id }) => to(`${other}/c/${id}/honest`),
  "redirect-cross-307": ({ other, id }) => to(`${other}/c/${id}/honest`, 307),
  // There and back again.
  "redirect-cross-chain": ({ other, origin, id }) =>
    to(`${other}/c/${id}/redirect-anywhere?to=${encodeURIComponent(`${origin}/c/${id}/honest`)}`),
  "redirect-anywhere": ({ query }) => to(query.get("to") ?? "/"),
  "redirect-injection": ({ origin }) => to(`${origin}/a%0d%0aPAYMENT-SIGNATURE:%20x`),
  ...Object.fromEntries(
    Object.entries(FORBIDDEN_LOCATIONS).map(([name, of]) => [`redirect-to-${name}`, (place) => to(of(place))]),
  ),
  ...Object.fromEntries(
    Object.entries(RAW_LOCATIONS).map(([name, of]) => [
      `redirect-to-${name}`,
      (place, { response }) => {
        response.socket.end(
          `HTTP/1.1 302 Found\r\nLocation: ${of(place)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        );
        return null;
      },
    ]),
  ),
};
