import type { Child } from "hono/jsx";
import { AMOUNT_FIGURES } from "../../../alerts/kinds.ts";
import { Money } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import type { Alert } from "./words.ts";

/** The figures behind an alert's sentence, as the operation gave them; the vendor is somebody else's text. */
export function figuresOf({ figures }: Pick<Alert, "figures">): readonly (readonly [name: string, words: Child])[] {
  const { currency, ...others } = figures;
  return Object.entries(others).map(([name, value]) => [name, figure(name, value, currency)] as const);
}

function figure(name: string, value: number | string, currency: number | string | undefined): Child {
  if (typeof value === "string") return <q dir="auto">{plain(value)}</q>;
  if (AMOUNT_FIGURES.has(name) && typeof currency === "string")
    return <Money amount={value} currency={plain(currency)} />;
  return <span class="number">{String(value)}</span>;
}
