import { describe, expect, it } from "vitest";
import { peopleProblem } from "../../src/auth-secret.ts";
import { dashboardUrl } from "../../src/people/base-url.ts";
import { compose, type Letter } from "../../src/people/mails.ts";

const link = "https://quetra.example/dashboard/x?token=a&b";
const LETTERS: readonly Letter[] = [
  { kind: "confirm", name: "Ada", link },
  { kind: "reset", link },
  { kind: "has_account", link },
  { kind: "by_invitation" },
  { kind: "invitation", inviter: "Ada", organization: "Acme", role: "viewer", link },
  { kind: "password_changed", link },
  { kind: "two_factor_on", link },
  { kind: "two_factor_off", link },
];

describe("mails", () => {
  it.each(LETTERS)("$kind has a subject of its own, and one link at most", (letter) => {
    const mail = compose("ada@example.com", letter);
    expect(mail.to).toBe("ada@example.com");
    expect(LETTERS.filter((other) => compose("", other).subject === mail.subject)).toHaveLength(1);
    const links = "link" in letter ? 1 : 0;
    expect(mail.text.match(/https?:/g) ?? []).toHaveLength(links);
    expect(mail.html.match(/<a /g) ?? []).toHaveLength(links);
    if (links === 1) expect(mail.html).toContain('href="https://quetra.example/dashboard/x?token=a&amp;b"');
  });

  it("shows what strangers wrote as theirs: no markup, no line, no link of its own", () => {
    const evil =
      '<a href="https://evil.example">Click</a>\r\nOpen https://evil.example/now or evil.example\u2028!\u202e evil\u3002example';
    for (const letter of [
      { kind: "confirm", name: evil, link },
      { kind: "invitation", inviter: evil, organization: evil, role: "viewer", link },
    ] as const) {
      const { text, html, subject } = compose("ada@example.com", letter);
      expect(subject).not.toContain("evil");
      expect(html.match(/<a /g)).toHaveLength(1);
      expect(html).toContain("&lt;a href=");
      expect(`${text}${html}`).not.toMatch(/evil[.\u3002]example|https:\/\/evil/);
      expect(text).not.toMatch(/^Open|[\u2028\u202e]/m);
    }
  });
});

it("links begin with the dashboard's own address where it has one", () => {
  expect(dashboardUrl({ DASHBOARD_URL: "https://app.example/", PUBLIC_URL: "https://api.example" })).toBe(
    "https://app.example",
  );
  expect(dashboardUrl({ DASHBOARD_URL: "", PUBLIC_URL: "https://api.example/" })).toBe("https://api.example");
  expect(dashboardUrl({ ALLOWED_HOSTS: "one.example,two.example" })).toBe("https://one.example");
});

it("says why a deployment keeps no accounts", () => {
  expect(peopleProblem({})).toContain("not set");
  expect(peopleProblem({ AUTH_SECRET: "x".repeat(31) })).toContain("shorter than 32");
  const set = { AUTH_SECRET: "x".repeat(32) };
  expect(peopleProblem(set)).toBeNull();
  for (const DASHBOARD_URL of ["", "https://app.example", "https://App.example/", "http://localhost:8787"]) {
    expect(peopleProblem({ ...set, DASHBOARD_URL }), DASHBOARD_URL).toBeNull();
  }
  for (const DASHBOARD_URL of [
    " ",
    "app.example",
    "app.example:443",
    "https://app.example/people",
    "ftp://app.example",
  ]) {
    expect(peopleProblem({ ...set, DASHBOARD_URL }), DASHBOARD_URL).toContain("scheme and a host");
  }
});
