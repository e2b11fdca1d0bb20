import { redirect } from "../../answer.tsx";
import type { AnswerOf, ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Confirm, type FieldErrors, Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { Badge, Card, Copyable, Empty, Facts, Money, Notice, When } from "../../ui/parts.tsx";
import { settingsPage } from "./frame.tsx";
import { errorsOn } from "./refused.tsx";

type Integration = AnswerOf<"getX402Integration">;
type Wallet = Integration["wallets"][number];

export const x402Page = (visit: OrganizationVisit): Promise<Response> => page(visit, null);

export async function createWallet(visit: OrganizationVisit): Promise<Response> {
  const made = await visit.api.call("createX402Wallet", { body: { source: "create" } });
  return made.ok ? done(visit, "wallet_created") : page(visit, made);
}

/** A private key is never shown again, not even where it was refused. */
export async function importWallet(visit: OrganizationVisit): Promise<Response> {
  const private_key = visit.form.text("private_key");
  const made = await visit.api.call("createX402Wallet", { body: { source: "import", private_key } });
  return made.ok ? done(visit, "wallet_imported") : page(visit, made);
}

export async function activateWallet(visit: OrganizationVisit): Promise<Response> {
  const params = { wallet_id: visit.params.wallet_id ?? "" };
  const made = await visit.api.call("activateX402Wallet", { params });
  return made.ok ? done(visit, "wallet_activated") : page(visit, made);
}

const done = ({ base }: OrganizationVisit, code: string) => redirect(`${base}/settings/x402`, { done: code });

const networkWords = (network: string) => (network === "eip155:8453" ? "Base" : "Base Sepolia, a test network");

async function page(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { fields: errors, above } = errorsOn(visit.form, refusal);
  const integration = await visit.api.get("getX402Integration");
  const { wallet, wallets, network, asset } = integration;
  const manage = mayManage(visit.organization);
  return settingsPage(
    visit,
    {
      part: "x402",
      title: "x402",
      lead: "Agents pay APIs and pages that ask for money by x402, in USDC, from a wallet of the organization.",
      status: refusal?.status ?? 200,
    },
    <>
      <FormErrors above={above} fields={errors} />
      {wallet === null ? (
        <Empty icon="key" title="No wallet yet">
          {`Make one, and send ${asset.symbol} on ${networkWords(network)} to its address. It needs no ether.`}
        </Empty>
      ) : (
        <ActiveWallet visit={visit} wallet={wallet} asset={asset} />
      )}
      {wallets.length <= 1 ? null : <Others visit={visit} wallets={wallets} manage={manage} />}
      {manage ? <NewWallet visit={visit} first={wallet === null} errors={errors} /> : null}
    </>,
  );
}

function ActiveWallet({
  visit: { now, organization },
  wallet,
  asset,
}: {
  readonly visit: OrganizationVisit;
  readonly wallet: Wallet;
  readonly asset: Integration["asset"];
}) {
  const { balance, balance_as_of, network, source, created_at } = wallet;
  return (
    <Card title="Wallet" hint="New payments come from it.">
      <p class="wallet-balance">
        {balance === null ? "Balance unknown" : <Money amount={balance} currency={asset.symbol} />}
      </p>
      <p class="hint">
        {balance_as_of === null ? (
          "The chain could not be read yet. It is asked again whenever this page is opened."
        ) : (
          <>
            Read from the chain: <When at={balance_as_of} now={now} timezone={organization.timezone} />
          </>
        )}
      </p>
      <Facts
        items={[
          ["Address", <Copyable text={wallet.address} label="the address" block />],
          ["Network", networkWords(network)],
          [`Token (${asset.symbol})`, <Copyable text={asset.address} label="the address of the token" block />],
          [
            "Key",
            source === "created"
              ? "Made here and sealed; it cannot be exported"
              : "Imported and sealed; you have it too",
          ],
          ["Since", <When at={created_at} now={now} timezone={organization.timezone} exact />],
        ]}
      />
      <details class="folded">
        <summary>How to fund it</summary>
        <p class="hint">
          {`Send ${asset.symbol} on ${networkWords(network)} to the address above, from an exchange or another wallet. ` +
            "Nothing else that is sent there can be spent. It needs no ether: the seller's side pays the fees."}
        </p>
        {organization.mode === "test" ? (
          <p class="hint">Test {asset.symbol} costs nothing: Circle hands it out at faucet.circle.com.</p>
        ) : null}
      </details>
      <Notice tone="warn">
        <strong>Keep little there.</strong> The mandates bound what agents spend, but whoever gets the key has all that
        its wallet holds.
      </Notice>
    </Card>
  );
}

const Others = ({
  visit,
  wallets,
  manage,
}: {
  readonly visit: OrganizationVisit;
  readonly wallets: readonly Wallet[];
  readonly manage: boolean;
}) => (
  <Card title="All wallets">
    <ul class="rows">
      {wallets.map(({ id, address, active, balance }) => (
        <li>
          <div>
            <Copyable text={address} label="the address" block />
            <p class="hint">{balance === null ? "Balance never read" : <Money amount={balance} currency="USDC" />}</p>
          </div>
          {active ? (
            <Badge tone="good">In use</Badge>
          ) : manage ? (
            <Confirm
              visit={visit}
              action={`${visit.base}/settings/x402/wallets/${id}/activate`}
              label="Use this one"
              kind="plain"
              question="New payments come from this wallet. Open ones end with the wallet that they began with."
            />
          ) : null}
        </li>
      ))}
    </ul>
  </Card>
);

const NewWallet = ({
  visit,
  first,
  errors,
}: {
  readonly visit: OrganizationVisit;
  readonly first: boolean;
  readonly errors: FieldErrors;
}) => (
  <Card
    title={first ? "Make a wallet" : "Another wallet"}
    hint="The first one is used at once, a further one when you say so."
  >
    <div class="stack">
      <Form visit={visit} action={`${visit.base}/settings/x402/create`}>
        <Submit kind={first ? "main" : "plain"}>Create a wallet</Submit>
      </Form>
      <p class="hint">Its key is made and sealed here. Money in it can only be spent through x402.</p>
      <details open={errors.has("private_key")}>
        <summary>Import a key of your own instead</summary>
        <Form visit={visit} action={`${visit.base}/settings/x402/import`} class="stack">
          <Input
            name="private_key"
            label="Private key"
            type="password"
            required
            placeholder="0x…"
            hint="0x and 64 hex digits. Sealed on arrival, and never shown again. Use a key that guards nothing else."
            errors={errors}
          />
          <div>
            <Submit kind="plain">Import the wallet</Submit>
          </div>
        </Form>
      </details>
    </div>
  </Card>
);
