import { distance } from "fastest-levenshtein";
import { nearest } from "../core/nearest.ts";

/** The word that was likely meant, and whether it is the only one that comes close: one of two is a guess. */
export function nearMiss(word: string, candidates: readonly string[]): { likely?: string; alone: boolean } {
  const swapped = candidates.filter((candidate) => isSwap(word, candidate));
  const likely = swapped[0] ?? nearest(word, candidates);
  if (likely === undefined) return { alone: false };
  if (swapped.length > 0) return { likely, alone: swapped.length === 1 };
  const far = (candidate: string) => distance(word.toLowerCase(), candidate.toLowerCase());
  const rivals = candidates.filter((candidate) => candidate !== likely && far(candidate) <= far(likely));
  return { likely, alone: rivals.length === 0 };
}

/** Two neighbouring letters are the wrong way round: a slip of one, where edits would count two. */
function isSwap(word: string, candidate: string): boolean {
  if (word.length !== candidate.length) return false;
  const at = [...word].findIndex((letter, index) => letter !== candidate[index]);
  return at >= 0 && word[at] === candidate[at + 1] && word[at + 1] === candidate[at] &&
    word.slice(at + 2) === candidate.slice(at + 2);
}
