/** Without a scheme it is one of HTTPS. */
export const withScheme = (endpoint: string) => (endpoint.includes("://") ? endpoint : `https://${endpoint}`);

/** Plain HTTP is taken too: what is called may be the next process. */
export function isEndpoint(text: string): boolean {
  const url = withScheme(text);
  return /^https?:/i.test(url) && URL.canParse(url);
}
