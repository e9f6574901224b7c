//! Programs of others that give a second opinion. Where one is not installed, its test says so.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use proof::signature::{PublicKey, Signature};

/// Checks the chain of a file from the documentation alone.
const PYTHON: &str = r"
import hashlib, json, sys
FORMAT = 'paydesk-books/1'
def field(value):
    value = value if isinstance(value, bytes) else value.encode()
    return len(value).to_bytes(4, 'big') + value
def text(value):
    if isinstance(value, list):
        return field(str(len(value))) + b''.join(text(v) for item in value for v in item.values())
    return field('' if value is None else str(value))
lines = [json.loads(line) for line in open(sys.argv[1], encoding='utf-8', newline='\n')]
def start(line): return field(FORMAT) + field(line['kind'])
NOT_HERE = ('kind', 'hash', 'signature')
def rest(line): return b''.join(text(v) for k, v in line.items() if k not in NOT_HERE)
header = lines[0]
previous = hashlib.sha256(field(FORMAT) + field('genesis') + field(header['shop'])).digest()
assert header['previous_hash'] == previous.hex()
assert header['hash'] == hashlib.sha256(start(header) + rest(header)).hexdigest()
for line in lines[1:-1]:
    previous = hashlib.sha256(start(line) + field(previous) + rest(line)).digest()
    assert line['hash'] == previous.hex(), line
count = len(lines) - 2
end = {'kind': 'end', 'records': count, 'last_sequence': count, 'last_hash': previous.hex()}
assert lines[-1] == end
";

pub(crate) fn python_agrees(file: &[u8]) {
    let export = scratch("chain.jsonl", file);
    run("python3", &["-c", PYTHON, &export]);
}

pub(crate) fn openssl_agrees(key: &PublicKey, statement: &str, signature: &Signature) {
    // The DER of a public key of Ed25519 (RFC 8410) is this and the 32 bytes.
    let mut der = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
    der.extend_from_slice(key.as_bytes());
    let key = scratch("key.der", &der);
    let text = scratch("statement.txt", statement.as_bytes());
    let signature = scratch("statement.sig", signature.as_bytes());
    let arguments = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", &key, "-rawin"];
    run("openssl", &[&arguments[..], &["-in", &text, "-sigfile", &signature]].concat());
}

/// Whether `bean-check` accepts the journal; `None` if it is not installed.
pub(crate) fn bean_check(name: &str, journal: &[u8]) -> Option<bool> {
    let path = scratch(name, journal);
    // Beancount keeps what it has parsed beside the file, by its time: no two tests share one.
    succeeds("bean-check", &["--no-cache", &path])
}

/// Whether `hledger check --strict` accepts the journal; `None` if it is not installed.
pub(crate) fn hledger_check(name: &str, journal: &[u8]) -> Option<bool> {
    let path = scratch(name, journal);
    succeeds("hledger", &["-f", &path, "check", "--strict"])
}

fn run(program: &str, arguments: &[&str]) {
    assert_ne!(succeeds(program, arguments), Some(false), "{program} disagrees");
}

/// Runs a program; `None`, and a line that says so, if there is none.
fn succeeds(program: &str, arguments: &[&str]) -> Option<bool> {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        eprintln!("skipped: there is no {program} on the PATH");
        return None;
    };
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stdout));
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Some(output.status.success())
}

fn scratch(name: &str, content: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}
