/** Something a client or caller may not have: the message is the `error` of the answer. */
export class Refusal extends Error {
  override name = 'Refusal';
}
