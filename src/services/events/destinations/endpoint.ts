import { noEndpoint } from "../errors.ts";

/** Without a scheme it is one of HTTPS. */
export const withScheme = (endpoint: string) => (endpoint.includes("://") ? endpoint : `https://${endpoint}`);

/**
 * Plain HTTP is taken too: what is called may be the next process.
 * @throws {AwsError} ValidationException
 */
export function checkEndpoint(member: string, endpoint: string | undefined): void {
  if (endpoint === undefined) return;
  const url = withScheme(endpoint);
  if (!/^https?:/i.test(url) || !URL.canParse(url)) throw noEndpoint(member, endpoint);
}
