import { plainPage } from "../../answer.tsx";
import { type Refused, withRetryAfter } from "../../refused.ts";
import type { PersonVisit } from "../../route.ts";
import { Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { PageHead } from "../../ui/parts.tsx";
import { BACK } from "./password.tsx";
import { QrCode } from "./qr-code.tsx";

/** What an authenticator needs, and the codes for the day on which it is lost. */
export interface SetUp {
  /** `otpauth://totp/…` */
  readonly uri: string;
  readonly backupCodes: readonly string[];
}

/** The three steps between "I want it" and "it counts". Nothing of it counts before a code has proven that it works. */
export function setUpPage(
  visit: PersonVisit,
  { uri, backupCodes }: SetUp,
  refused: Refused,
  cookies: readonly string[],
): Response {
  const secret = URL.parse(uri)?.searchParams.get("secret") ?? "";
  const response = plainPage(
    visit,
    { title: "Set up the second step", status: refused.status, cookies },
    <>
      <PageHead title="Set up the second step" lead="Three steps. Nothing changes before the last one." back={BACK} />
      <FormErrors above={refused.above} fields={refused.fields} />
      <ol class="steps">
        <li class="card">
          <h2>Scan this with your authenticator app</h2>
          <div class="scan">
            <QrCode text={uri} label="Code to scan with an authenticator app" />
            <div>
              <p>
                On this device? <a href={uri}>Open the app</a>
              </p>
              <p class="hint">Or type this key into it:</p>
              <p class="mono secret">{inGroups(secret)}</p>
            </div>
          </div>
        </li>
        <li class="card">
          <h2>Keep these backup codes</h2>
          <p>
            Each one signs you in once, when your phone is lost. They are shown here and never again: print them, or put
            them into your password manager.
          </p>
          <ul class="backup-codes mono">
            {backupCodes.map((code) => (
              <li>{code}</li>
            ))}
          </ul>
        </li>
        <li class="card">
          <h2>Type the code that the app shows</h2>
          <Form visit={visit} action="/dashboard/account/two-factor/confirm#code" autocomplete="on" class="code-form">
            <input type="hidden" name="uri" value={uri} />
            {backupCodes.map((code) => (
              <input type="hidden" name="backup_code" value={code} />
            ))}
            <Input
              name="code"
              label="Six digits"
              autocomplete="one-time-code"
              inputmode="numeric"
              maxlength={7}
              required
              errors={refused.fields}
            />
            <Submit>Switch it on</Submit>
          </Form>
        </li>
      </ol>
    </>,
  );
  return withRetryAfter(response, refused);
}

/** Four by four: so people keep their place while they type. */
const inGroups = (secret: string): string => (secret.match(/.{1,4}/g) ?? []).join(" ");
