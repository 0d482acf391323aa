import { parseArn } from "#aws/arn.ts";
import type { Place } from "#kernel/records/collection.ts";

/** The bus that every account has in every Region. */
export const DEFAULT_BUS = "default";

export const busArn = (place: Place, bus: string) => arn(place, `event-bus/${bus}`);
export const archiveArn = (place: Place, name: string) => arn(place, `archive/${name}`);
export const replayArn = (place: Place, name: string) => arn(place, `replay/${name}`);
export const connectionArn = (place: Place, name: string, id: string) =>
  arn(place, `connection/${name}/${id}`);
export const destinationArn = (place: Place, name: string, id: string) =>
  arn(place, `api-destination/${name}/${id}`);

/** A source is of no account. */
export const eventSourceArn = ({ region }: Place, name: string) =>
  arn({ account: "", region }, `event-source/${name}`);

/** The default bus is not named. */
export const ruleArn = (place: Place, bus: string, rule: string) =>
  arn(place, bus === DEFAULT_BUS ? `rule/${rule}` : `rule/${bus}/${rule}`);

/** The name of a bus that a caller gives by name, by ARN, or not at all. */
export function busNamed(bus: string | undefined): string {
  if (bus === undefined) return DEFAULT_BUS;
  return parseArn(bus)?.resource.replace(/^event-bus\//, "") ?? bus;
}

export function isBus(arn: string): boolean {
  const { service, resource } = parseArn(arn) ?? {};
  return service === "events" && resource!.startsWith("event-bus/");
}

/** The account and Region of a bus, from its ARN if that is given. */
export function placeOfBus(bus: string | undefined, own: Place): Place {
  const parts = bus?.startsWith("arn:") ? parseArn(bus) : undefined;
  if (!parts || (parts.account === own.account && parts.region === own.region)) return own;
  return { account: parts.account, region: parts.region };
}

const arn = ({ account, region }: Place, resource: string) =>
  `arn:aws:events:${region}:${account}:${resource}`;
