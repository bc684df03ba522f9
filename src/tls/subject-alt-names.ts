/** Names in a certificate, by kind. */
export interface SubjectAltNames {
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
}

// Node writes entries as `DNS:a, URI:b`, and an entry that holds a comma or quote as a JSON string. Splitting at
// commas would let `spiffe://a, URI:spiffe://admin` forge a second name.
const ENTRY = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)/gy;

/**
 * Reads the names out of `X509Certificate.subjectAltName`.
 *
 * @returns `undefined` when the text is not entirely understood: an identity is not guessed.
 */
export function parseSubjectAltName(text: string | undefined): SubjectAltNames | undefined {
  if (text === undefined) return { dnsNames: [], uris: [] };
  const dnsNames: string[] = [];
  const uris: string[] = [];
  let end = 0;
  for (const match of text.matchAll(ENTRY)) {
    const [whole, kind, raw = ''] = match;
    end = match.index + whole.length;
    const value: unknown = raw.startsWith('"') ? JSON.parse(raw) : raw;
    if (typeof value !== 'string') return undefined;
    if (kind === 'DNS') dnsNames.push(value);
    if (kind === 'URI') uris.push(value);
  }
  return end === text.length ? { dnsNames, uris } : undefined;
}
