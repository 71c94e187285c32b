//! Runs the fuzz targets without a fuzzer: over the seeds, then over generated inputs, the same in each run.
//!
//! `FUZZ_RUNS` is the number of generated inputs per target (default 2,000), `FUZZ_SEED` starts other ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::mpsc,
    time::Duration,
};

use targets::Target;

/// No input takes a target longer, on a slow machine either. One that does is a client that blocks a thread.
const PATIENCE: Duration = Duration::from_secs(60);

/// A linear congruential generator with a mixed output (PCG): small, and the same on every platform.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = ((self.0 >> 18) ^ self.0) >> 27;
        (mixed as u32).rotate_right((self.0 >> 59) as u32)
    }

    fn below(&mut self, limit: usize) -> usize {
        if limit == 0 { 0 } else { self.next() as usize % limit }
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }
}

/// The seeds of a target and the words of its dictionary.
struct Corpus {
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl Corpus {
    fn of(target: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        let entries = fs::read_dir(folder.join("seeds").join(target)).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{target} has no seeds");
        let seeds = files.iter().map(|file| fs::read(file).unwrap()).collect();
        let dictionary = fs::read_to_string(folder.join("dict").join(format!("{target}.dict"))).unwrap();
        Self { seeds, words: dictionary.lines().filter_map(word).collect() }
    }

    /// A seed with a few places changed, or two seeds in one.
    fn input(&self, random: &mut Random) -> Vec<u8> {
        let mut input = self.seeds[random.below(self.seeds.len())].clone();
        for _ in 0..=random.below(6) {
            let at = random.below(input.len() + 1);
            let end = (at + random.below(4)).min(input.len());
            match random.below(8) {
                0 => drop(input.drain(at..end)),
                1 => {
                    let word = random.pick(&self.words).cloned().unwrap_or_default();
                    input.splice(at..end, word);
                }
                2 => {
                    let other = random.pick(&self.seeds).unwrap();
                    let from = random.below(other.len() + 1);
                    input.splice(at.., other[from..].iter().copied());
                }
                3 => {
                    let part = input[at..(at + random.below(16)).min(input.len())].to_vec();
                    input.splice(at..at, part.repeat(1 + random.below(20)));
                }
                4 if at < input.len() => input[at] ^= 1 << random.below(8),
                5 => input.truncate(at),
                _ => input.insert(at, random.next() as u8),
            }
        }
        input.truncate(1 << 16);
        input
    }
}

/// A line of a libFuzzer dictionary: `"text with \xNN, \\ and \""`.
fn word(line: &str) -> Option<Vec<u8>> {
    let mut rest = line.strip_prefix('"')?.strip_suffix('"')?.as_bytes();
    let mut word = Vec::new();
    loop {
        rest = match rest {
            [] => return Some(word),
            [b'\\', b'x', high, low, rest @ ..] => {
                let digits = [*high, *low];
                word.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                rest
            }
            [b'\\', byte, rest @ ..] | [byte, rest @ ..] => {
                word.push(*byte);
                rest
            }
        };
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().map_or(default, |text| text.parse().expect("a number"))
}

/// Runs a target on a thread of its own, so that an input that never ends is named instead of waited for.
fn run(name: &'static str, target: Target) {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let corpus = Corpus::of(name);
        let mut random = Random(number("FUZZ_SEED", 20_261_124));
        let runs = number("FUZZ_RUNS", 2_000);
        let generated = (0..runs).map(|_| corpus.input(&mut random));
        for input in corpus.seeds.iter().cloned().chain(generated) {
            let _ = sender.send(Some(input.clone()));
            if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
                // The panic has been printed; the receiver names the input.
                return;
            }
        }
        let _ = sender.send(None);
    });
    let mut current = Vec::new();
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(Some(input)) => current = input,
            Ok(None) => return,
            Err(reason) => panic!("{name}, {reason}, input: \"{}\"", current.escape_ascii()),
        }
    }
}

/// One test per target, named as the target.
macro_rules! replay {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            run(stringify!($name), targets::$name::run);
        })*

        #[test]
        fn every_target_is_run() {
            let names: Vec<&str> = targets::TARGETS.iter().map(|target| target.0).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

replay! { addresses clients frames packets polling requests sanitizer tokens }
