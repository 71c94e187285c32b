/**
 * The number of the current turn. The engine writes on a thread of its own, so it cannot know by itself whether two packets were
 * sent together; socket.io drops a volatile one which follows another, as the transport is busy with that.
 */
let turn = 1;
let ending = false;

export function currentTurn(): number {
  if (!ending) {
    ending = true;
    // where Node tells a socket's writer that its bytes are out
    process.nextTick(() => {
      ending = false;
      turn += 1;
    });
  }
  return turn;
}
