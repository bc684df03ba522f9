import type { Buffer } from 'node:buffer';

const GENERATOR = 65_537;
/** The primes up to 167: keys of the defect are built on their product. */
const PRIMES: readonly number[] = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
  103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/** Remainders that powers of 65537 leave. */
function remaindersOf(prime: number): ReadonlySet<number> {
  const remainders = new Set<number>();
  for (let power = 1; !remainders.has(power); power = (power * GENERATOR) % prime) {
    remainders.add(power);
  }
  return remainders;
}

function modulo(bytes: Buffer, divisor: number): number {
  let remainder = 0;
  for (const byte of bytes) remainder = (remainder * 256 + byte) % divisor;
  return remainder;
}

/**
 * Whether a modulus has the mark of the ROCA defect (CVE-2017-15361): made by a library whose primes can be found. A
 * sound modulus has it once in more than a hundred million.
 *
 * @see Nemec et al., The Return of Coppersmith's Attack, section 4.1
 */
export function hasRocaMark(modulus: Buffer): boolean {
  return PRIMES.every((prime) => remaindersOf(prime).has(modulo(modulus, prime)));
}
