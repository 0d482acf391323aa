import type { ObjectVersion, Tag } from "../store.ts";
import type { ReplicationConfiguration, Rule } from "./store.ts";

/**
 * A rule with a `Filter` is of the schema's second version, in which rules have priorities, choose by tags, and say
 * for themselves whether delete markers go along.
 */
export const isSecond = (rule: Rule): boolean => rule.Filter !== undefined;

export const prefixOf = ({ Filter, Prefix }: Rule): string =>
  (Filter ? (Filter.Prefix ?? Filter.And?.Prefix) : Prefix) ?? "";

export const tagsOf = ({ Filter }: Rule): readonly Tag[] =>
  Filter?.Tag ? [Filter.Tag] : (Filter?.And?.Tags ?? []);

export const destinationOf = ({ Destination: { Bucket } }: Rule): string =>
  Bucket.slice(Bucket.lastIndexOf(":") + 1);

/** Of each destination that a version goes to, the rule that sends it there: the one with the highest priority. */
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

/** In the first version of the schema delete markers always go along. */
export const replicatesMarkers = (rule: Rule): boolean =>
  isSecond(rule) ? rule.DeleteMarkerReplication?.Status === "Enabled" : true;

export const replicatesModifications = (rule: Rule): boolean =>
  rule.SourceSelectionCriteria?.ReplicaModifications?.Status === "Enabled";
