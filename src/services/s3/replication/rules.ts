import type { ObjectVersion, Tag } from "../store.ts";
import type { ReplicationConfiguration, Rule } from "./store.ts";

const MINUTE_MS = 60_000;

/**
 * Whether a rule has a `Filter` and thus follows the second schema, in which rules have priorities, can
 * select by tags, and specify whether delete markers are replicated.
 */
export const isV2 = (rule: Rule): boolean => rule.Filter !== undefined;

export const prefixOf = ({ Filter, Prefix }: Rule): string =>
  (Filter ? (Filter.Prefix ?? Filter.And?.Prefix) : Prefix) ?? "";

export const tagsOf = ({ Filter }: Rule): readonly Tag[] =>
  Filter?.Tag ? [Filter.Tag] : (Filter?.And?.Tags ?? []);

export const destinationOf = ({ Destination: { Bucket } }: Rule): string =>
  Bucket.slice(Bucket.lastIndexOf(":") + 1);

/** Returns the rules that apply to a version: for each destination, the one with the highest priority. */
export function rulesFor(
  { Rules }: ReplicationConfiguration,
  version: Pick<ObjectVersion, "key" | "tags">,
): Rule[] {
  const chosen = new Map<string, Rule>();
  for (const rule of Rules) {
    if (rule.Status !== "Enabled" || !matches(rule, version)) continue;
    const other = chosen.get(rule.Destination.Bucket);
    if (!other || (rule.Priority ?? 0) > (other.Priority ?? 0)) chosen.set(rule.Destination.Bucket, rule);
  }
  return [...chosen.values()];
}

function matches(rule: Rule, { key, tags = [] }: Pick<ObjectVersion, "key" | "tags">): boolean {
  if (!key.startsWith(prefixOf(rule))) return false;
  return tagsOf(rule).every(({ Key, Value }) => tags.some((tag) => tag.Key === Key && tag.Value === Value));
}

/** Whether a rule replicates delete markers, as all rules of the first schema do. */
export const replicatesMarkers = (rule: Rule): boolean =>
  isV2(rule) ? rule.DeleteMarkerReplication?.Status === "Enabled" : true;

/** Returns the time in milliseconds in which a version should be replicated, by the rule's time control. */
export function thresholdOf({ Destination: { ReplicationTime: time } }: Rule): number | undefined {
  return time?.Status === "Enabled" ? (time.Time.Minutes ?? 0) * MINUTE_MS : undefined;
}

/** Whether a rule replicates objects that are encrypted with a key of KMS. */
export const replicatesKms = (rule: Rule): boolean =>
  rule.SourceSelectionCriteria?.SseKmsEncryptedObjects?.Status === "Enabled";

export const replicatesModifications = (rule: Rule): boolean =>
  rule.SourceSelectionCriteria?.ReplicaModifications?.Status === "Enabled";
