//! Keeps the programs of the service running: whatever kills one, it is started again at once.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The points that a process passes that serves.
pub(crate) const SERVING: &[&str] = &["F1", "F2", "F3", "F7", "F8", "F9", "F10"];
/// The points that a process passes that works on the queue.
pub(crate) const WORKING: &[&str] = &["F4", "F5", "F6", "F7", "F8", "F11", "F12", "F13"];
/// The places of points that a process passes that serves, while a shopper pays on a page.
pub(crate) const SERVING_PAGES: &[&str] = &[
    "F7 begin",
    "F8 begin",
    "F5 register",
    "F6 register",
    "F8 register",
    "F7 return",
    "F8 return",
];
/// The places of points that a process passes that works, while a shopper pays on a page.
pub(crate) const WORKING_PAGES: &[&str] =
    &["F5 advance", "F6 advance", "F7 advance", "F8 advance", "F5 inquire", "F6 inquire"];
/// The other places that a process passes that works.
pub(crate) const WORKING_ELSEWHERE: &[&str] = &[
    "F5 authorize",
    "F5 capture",
    "F5 cancel",
    "F5 ask",
    "F6 authorize",
    "F6 operate",
    "F7 group",
    "F8 group",
    "F7 basket",
    "F8 basket",
    "F7 deliver",
    "F8 deliver",
];
/// The name under which kills from outside are counted.
pub(crate) const AT_RANDOM: &str = "at random";
/// What a process says before it kills itself.
const LAST_WORDS: &str = "killed at failpoint ";
/// What stands there between the place and the name under which it was to kill.
const ARMED: &str = ", armed as ";
/// Of so many kills at random, one is of all programs at the same moment.
const ALL_AT_ONCE_EVERY: usize = 3;
/// How many points kill at the same time, so that one that is rarely reached holds nothing up.
const ARMED_MAX: usize = 2;
/// How many lines of a process are kept, to tell why it ended.
const LINES_KEPT: usize = 30;

/// How a program of the service is started.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// What it does, in a word.
    pub(crate) role: Role,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// The failpoints that it passes.
    pub(crate) points: Vec<&'static str>,
}

/// What a program does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// It answers calls, and may work beside.
    Serves,
    /// It works on the queue.
    Works,
}

/// A point at which a program of a role is to be killed.
pub(crate) type Target = (Role, &'static str);

/// How often each point has to kill.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim {
    /// Kills per point; none arms nothing.
    pub(crate) kills: usize,
    /// A process that serves, and one that works, are killed when they have lived up to this long,
    /// as soon as they pass one of their points.
    pub(crate) lives: [Duration; 2],
}

/// The programs that run. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Supervisor(Arc<Shared>);

struct Shared {
    aim: Aim,
    targets: Vec<Target>,
    executable: PathBuf,
    struck: Mutex<BTreeMap<Target, usize>>,
    kills: Mutex<BTreeMap<String, usize>>,
    at_random: AtomicUsize,
    unexpected: Mutex<Vec<String>>,
    is_disarmed: AtomicBool,
    stop: CancellationToken,
    strike: Vec<Notify>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Supervisor {
    pub(crate) fn start(programs: Vec<Program>, aim: Aim) -> Self {
        let targets_of = |program: &Program| {
            let role = program.role;
            program.points.clone().into_iter().map(move |point| (role, point))
        };
        let mut targets: Vec<Target> = programs.iter().flat_map(targets_of).collect();
        targets.sort_unstable();
        targets.dedup();
        let supervisor = Self(Arc::new(Shared {
            aim,
            targets,
            executable: own_copy(),
            struck: Mutex::default(),
            kills: Mutex::default(),
            at_random: AtomicUsize::new(0),
            unexpected: Mutex::default(),
            is_disarmed: AtomicBool::new(false),
            stop: CancellationToken::new(),
            strike: programs.iter().map(|_| Notify::new()).collect(),
            running: Mutex::default(),
        }));
        for (index, program) in programs.into_iter().enumerate() {
            let task = tokio::spawn(supervisor.clone().keep_running(index, program));
            lock(&supervisor.0.running).push(task);
        }
        supervisor
    }

    /// How often each place has killed, and how often we did.
    pub(crate) fn kills(&self) -> BTreeMap<String, usize> {
        lock(&self.0.kills).clone()
    }

    /// How many kills there were.
    pub(crate) fn kills_in_all(&self) -> usize {
        self.kills().values().sum()
    }

    /// Kills no more: the programs that run now may, but none that is started from here on.
    pub(crate) fn disarm(&self) {
        self.0.is_disarmed.store(true, Ordering::Relaxed);
    }

    /// The points that have not killed often enough yet.
    pub(crate) fn unstruck(&self) -> Vec<Target> {
        let struck = lock(&self.0.struck);
        let times = |target| struck.get(target).copied().unwrap_or(0);
        let targets = self.0.targets.iter();
        targets.filter(|target| times(target) < self.0.aim.kills).copied().collect()
    }

    /// Whatever ended without having been killed, with the last that it said.
    pub(crate) fn unexpected_ends(&self) -> Vec<String> {
        lock(&self.0.unexpected).clone()
    }

    /// Kills one of the programs, whatever it is doing, and every third time all of them at once.
    pub(crate) fn kill(&self) {
        let number = self.0.at_random.fetch_add(1, Ordering::Relaxed) + 1;
        if number.is_multiple_of(ALL_AT_ONCE_EVERY) {
            self.0.strike.iter().for_each(Notify::notify_one);
            return;
        }
        let index = usize::try_from(random(self.0.strike.len() as u64)).expect("a small number");
        self.0.strike[index].notify_one();
    }

    /// Ends all programs.
    pub(crate) async fn stop(&self) {
        self.0.stop.cancel();
        let running: Vec<JoinHandle<()>> = lock(&self.0.running).drain(..).collect();
        for task in running {
            task.await.expect("the supervisor has not broken");
        }
    }

    async fn keep_running(self, index: usize, program: Program) {
        loop {
            let mut child = self.spawn(&program);
            let said = tokio::spawn(listen(child.stderr.take().expect("it is piped")));
            tokio::select! {
                () = self.0.stop.cancelled() => {
                    child.kill().await.expect("a program can be stopped");
                    return;
                }
                () = self.0.strike[index].notified() => {
                    child.kill().await.expect("a program can be killed");
                    self.count(AT_RANDOM);
                }
                status = child.wait() => {
                    let lines = said.await.expect("reading has not broken");
                    match lines.iter().find_map(|line| line.strip_prefix(LAST_WORDS)) {
                        Some(point) => self.struck(program.role, point),
                        None => self.was_unexpected(&format!("{status:?}"), lines).await,
                    }
                }
            }
        }
    }

    /// Counts the kill at a place, and for every point that the place belongs to.
    fn struck(&self, role: Role, words: &str) {
        let (place, _) = words.split_once(ARMED).expect("it says under which name");
        self.count(place);
        let targets = self.0.targets.iter();
        for target in targets.filter(|(by, point)| *by == role && is_of(place, point)) {
            *lock(&self.0.struck).entry(*target).or_default() += 1;
        }
    }

    /// Counts a kill: at this place, or of this.
    pub(crate) fn count(&self, point: &str) {
        *lock(&self.0.kills).entry(point.to_owned()).or_default() += 1;
    }

    async fn was_unexpected(&self, status: &str, lines: VecDeque<String>) {
        let said: Vec<String> = lines.into();
        lock(&self.0.unexpected).push(format!("{status}: {}", said.join("\n")));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    fn spawn(&self, program: &Program) -> Child {
        Command::new(&self.0.executable)
            .args(&program.arguments)
            .args(["--log", "error"])
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .env("PAYDESK_FAILPOINTS", self.plan(program.role))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the service starts")
    }

    /// Where the next process of a program is killed.
    fn plan(&self, role: Role) -> String {
        let mut open: Vec<&str> =
            self.unstruck().into_iter().filter(|(by, _)| *by == role).map(|(_, at)| at).collect();
        let mut armed = Vec::new();
        if self.0.is_disarmed.load(Ordering::Relaxed) {
            open.clear();
        }
        while !open.is_empty() && armed.len() < ARMED_MAX {
            let index = usize::try_from(random(open.len() as u64)).expect("a small number");
            let point = open.swap_remove(index);
            let life = self.0.aim.lives[usize::from(role == Role::Works)];
            let moment = random(1 + u64::try_from(life.as_millis()).expect("it is short"));
            armed.push(format!("{point}=kill@{moment}ms"));
        }
        armed.join(";")
    }
}

/// Whether a place belongs to a point: "F5 register" does to that, and to "F5".
fn is_of(place: &str, point: &str) -> bool {
    place.strip_prefix(point).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// The seed of a hasher is the one random number that std gives; here one below `limit`.
pub(crate) fn random(limit: u64) -> u64 {
    RandomState::new().build_hasher().finish() % limit
}

/// Reads what a process says until it ends, and keeps the end of it.
async fn listen(stderr: ChildStderr) -> VecDeque<String> {
    let mut lines = BufReader::new(stderr).lines();
    let mut kept = VecDeque::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if kept.len() == LINES_KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    kept
}

/// A name of its own for the program, so that one that is compiled meanwhile is not taken for it.
fn own_copy() -> PathBuf {
    let original = Path::new(env!("CARGO_BIN_EXE_paydesk"));
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let copy = directory.join(format!("paydesk-{}-{:x}", std::process::id(), random(u64::MAX)));
    if std::fs::hard_link(original, &copy).is_err() {
        std::fs::copy(original, &copy).expect("the program can be copied");
    }
    copy
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.executable));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
