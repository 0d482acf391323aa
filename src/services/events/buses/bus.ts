import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { busNamed, DEFAULT_BUS, placeOfBus } from "../arns.ts";
import { noSuchBus } from "../errors.ts";
import { type Bus, buses } from "../store.ts";

/** @throws {AwsError} ResourceNotFoundException */
export async function busAt(tx: ReadTransaction, name: string): Promise<Bus> {
  const bus = (await tx.get(buses, [name])) ?? (name === DEFAULT_BUS ? defaultBus() : undefined);
  if (!bus) throw noSuchBus(name);
  return bus;
}

/** A bus of the account and Region itself, by its name or ARN. @throws {AwsError} ResourceNotFoundException */
export async function ownBus(place: Place, tx: ReadTransaction, bus: string | undefined): Promise<Bus> {
  const name = busNamed(bus);
  if (placeOfBus(bus, place) !== place) throw noSuchBus(name);
  return busAt(tx, name);
}

/** The default bus exists without a record; one is written when it first changes. */
export const defaultBus = (): Bus => ({ name: DEFAULT_BUS, created: 0, modified: 0 });

/** Who may send events to a bus, or manage its rules. */
export interface PolicyDocument {
  Version: string;
  Statement: Statement[];
}

export interface Statement {
  Sid?: string;
  [element: string]: unknown;
}

/** The policy in responses; `undefined` if there is none. */
export const policyText = (policy: PolicyDocument | undefined) => policy && JSON.stringify(policy);
