import type { ApiRefusal } from "../api.ts";
import { fieldWords } from "./field-words.ts";
import { Notice } from "./parts.tsx";

/** Why what was just asked for on a page was not done: for actions that have no form with fields to mark. */
export const Refused = ({ refusal }: { readonly refusal: ApiRefusal }) => (
  <Notice tone="bad">
    <strong>Nothing was changed.</strong>{" "}
    {refusal.errors.length === 0 ? refusal.detail : refusal.errors.map(({ message }) => fieldWords(message)).join(" ")}
  </Notice>
);
