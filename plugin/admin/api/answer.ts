/** What an endpoint tells. */
export type Data<Contract extends { Response: { data: unknown } }> = Contract['Response']['data'];

/** Every endpoint answers with `{ data }`. */
export const dataOf = <T>({ data }: { data: T }): T => data;
