import { connectSnippets } from "./connect-snippets.ts";
import { Copyable } from "./parts.tsx";

/**
 * One text per client, behind its name: the first is open, and opening another one closes it, without script.
 *
 * @param apiKey The key itself, on the page that shows it this once; null everywhere else.
 */
export const Connect = ({ origin, apiKey }: { readonly origin: string; readonly apiKey: string | null }) => (
  <div class="clients">
    {connectSnippets(origin, apiKey).map(({ id, client, where, text, note, second, link }, index) => (
      <details class="client" name="client" open={index === 0}>
        <summary>{client}</summary>
        <div class="client-body">
          <p class="hint">{where}</p>
          <Copyable block text={text} label={`the text for ${client}`} />
          {second === undefined ? null : (
            <>
              <p class="hint">{second.where}</p>
              <Copyable block text={second.text} label={`the second text for ${client}`} />
            </>
          )}
          {note === undefined ? null : <p class="hint">{note}</p>}
          {link === undefined ? null : (
            <p>
              <a class="button plain" href={link.href} id={`open-${id}`}>
                {link.label}
              </a>
            </p>
          )}
        </div>
      </details>
    ))}
  </div>
);
