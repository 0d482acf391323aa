import type { Transaction } from "#kernel/records/transaction.ts";
import type { Change } from "../changes.ts";
import { isArchived } from "../storage-classes/archive.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { rewriteVersion } from "../versions.ts";
import { sendAnnotation } from "./annotations.ts";
import { checkThreshold, replicate } from "./replicate.ts";
import {
  destinationOf,
  replicatesKms,
  replicatesMarkers,
  replicatesModifications,
  rulesFor,
  thresholdOf,
} from "./rules.ts";
import { type ReplicationConfiguration, type Rule, replications } from "./store.ts";
import type { Task } from "./task.ts";

/**
 * Starts the replications that a change requires: of new versions and delete markers that a caller
 * created, and of changes to versions that were already replicated. Deletions of versions and
 * lifecycle actions are not replicated.
 */
export async function follow(tx: Transaction, bucket: Bucket, change: Change): Promise<void> {
  const { event, version } = change;
  const configuration = await replications.get(tx, bucket);
  if (!configuration) return;
  if (event.startsWith("ObjectCreated:"))
    return send(tx, bucket, change, created(configuration, version, tx.now()), configuration);
  if (event === "ObjectRemoved:DeleteMarkerCreated") {
    const rules = rulesFor(configuration, version).filter(replicatesMarkers);
    return send(tx, bucket, change, rules, configuration);
  }
  if (change.annotation && !version.replica) {
    const { name } = change.annotation;
    for (const rule of changed(configuration, version)) {
      const task = { ...taskFor(tx, bucket, change, rule, configuration), name };
      await sendAnnotation(tx, { bucket, version }, task);
    }
  }
  if (/^Object(Tagging|Acl|Retention|LegalHold):/.test(event))
    return send(tx, bucket, change, changed(configuration, version), configuration);
}

/** Returns the rules for a new version. Replicas are not replicated again. */
function created(configuration: ReplicationConfiguration, version: ObjectVersion, now: number): Rule[] {
  if (version.replica || isArchived(version, now)) return [];
  const rules = rulesFor(configuration, version);
  return version.kms ? rules.filter(replicatesKms) : rules;
}

function changed(configuration: ReplicationConfiguration, version: ObjectVersion): Rule[] {
  if (version.replica) return rulesFor(configuration, version).filter(replicatesModifications);
  const rules = configuration.Rules.filter(({ Status }) => Status === "Enabled");
  const bestFirst = rules.toSorted((a, b) => (b.Priority ?? 0) - (a.Priority ?? 0));
  return Object.keys(version.replication ?? {}).flatMap(
    (destination) => bestFirst.find((rule) => destinationOf(rule) === destination) ?? [],
  );
}

/** Records the pending replications in the version, and enqueues a job for each. */
async function send(
  tx: Transaction,
  bucket: Bucket,
  change: Change,
  rules: readonly Rule[],
  configuration: ReplicationConfiguration,
): Promise<void> {
  if (rules.length === 0) return;
  const { version } = change;
  const replication = { ...version.replication };
  const place = { account: bucket.owner, region: bucket.region };
  for (const rule of rules) {
    const task = taskFor(tx, bucket, change, rule, configuration);
    replication[destinationOf(rule)] = "PENDING";
    tx.enqueue(replicate, task, { place });
    const threshold = thresholdOf(rule);
    if (threshold !== undefined) tx.enqueue(checkThreshold, task, { place, delay: threshold });
  }
  await rewriteVersion(tx, bucket, { ...version, replication });
}

function taskFor(
  tx: Transaction,
  bucket: Bucket,
  { event, version: { key, versionId } }: Change,
  rule: Rule,
  { Role: role }: ReplicationConfiguration,
): Task {
  return { bucket: bucket.name, key, versionId, rule, event, role, requested: tx.now() };
}
