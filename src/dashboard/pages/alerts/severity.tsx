import type { Severity as Name } from "../../../alerts/kinds.ts";
import { Badge, type Tone } from "../../ui/parts.tsx";

const WORDS: Readonly<Record<Name, { readonly label: string; readonly tone: Tone }>> = {
  info: { label: "For your information", tone: "info" },
  warning: { label: "Warning", tone: "warn" },
  critical: { label: "Critical", tone: "bad" },
};

/** How bad, by word and colour. */
export const Severity = ({ of }: { readonly of: Name }) => <Badge tone={WORDS[of].tone}>{WORDS[of].label}</Badge>;

export const SEVERITY_CHOICES = Object.entries(WORDS).map(([value, { label }]) => ({ value, label }));
