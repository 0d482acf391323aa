/** An address without a scheme is one of HTTPS. */
export const withScheme = (endpoint: string) => (endpoint.includes("://") ? endpoint : `https://${endpoint}`);

/** Plain HTTP is allowed too: the endpoint may be another process on this machine. */
export function isEndpoint(text: string): boolean {
  const url = withScheme(text);
  return /^https?:/i.test(url) && URL.canParse(url);
}
