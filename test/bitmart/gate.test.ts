import { expect, test } from 'vitest';
import { Gate } from '../../src/bitmart/gate.ts';

const patient = new AbortController().signal;

test('no more are inside than there are places, and all come in, in their order', async () => {
  const gate = new Gate(3);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      await gate.enter(patient);
      most = Math.max(most, ++inside);
      order.push(i);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      gate.leave();
    }),
  );
  expect(most).toBe(3);
  expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('giving up while waiting takes no place away', async () => {
  const gate = new Gate(1);
  await gate.enter(patient);
  const impatient = new AbortController();
  const waiting = gate.enter(impatient.signal);
  const next = gate.enter(patient);
  impatient.abort(new Error('no longer'));
  await expect(waiting).rejects.toThrow('no longer');
  await expect(gate.enter(impatient.signal)).rejects.toThrow('no longer');
  gate.leave();
  await next;
  gate.leave();
  await gate.enter(patient);
});
