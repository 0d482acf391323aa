import type { Place } from "#kernel/collection.ts";
import { type Export, tableArn } from "../store.ts";

/** Where an object of an export stands in its bucket. */
export const keyIn = (prefix: string | undefined, id: string, name: string): string =>
  `${prefix === undefined || prefix === "" ? "" : `${prefix}/`}AWSDynamoDB/${id}/${name}`;

export const exportArn = (place: Place, { of, id }: Export): string =>
  `${tableArn(place, of.name)}/export/${id}`;
