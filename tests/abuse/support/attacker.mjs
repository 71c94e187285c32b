// Runs one attack in a process of its own: `fork(file, [module, name, JSON])`. Sends back what the attack returns.
const [module, name, parameters] = process.argv.slice(2);
const attacks = await import(module);
process.once('disconnect', () => process.exit());
try {
  const result = await attacks[name](JSON.parse(parameters));
  process.send({ result }, () => process.exit());
} catch (error) {
  process.send({ error: error.stack }, () => process.exit(1));
}
