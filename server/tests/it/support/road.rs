//! A road to the database on which one commit gets lost, as chosen by a test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes place, and the connection breaks before that is said.
    Lost,
    /// The connection breaks before the database hears of it.
    NeverArrives,
    /// It takes place and that is said; then the database is away until [`Road::mend`].
    TheLast,
}

/// One road. Cheap to clone; it stays for as long as the test.
#[derive(Debug, Clone)]
pub(crate) struct Road {
    pub(crate) address: SocketAddr,
    /// Which transaction, by a statement that is prepared in it, and what becomes of its commit.
    next: Arc<Mutex<Option<(&'static str, Fate)>>>,
    is_open: watch::Sender<bool>,
}

impl Road {
    /// A road that leads to `target`.
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let road = Self { address, next: Arc::default(), is_open: watch::channel(true).0 };
        let carried = road.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (road, is_open) = (carried.clone(), carried.is_open.subscribe());
                tokio::spawn(async move { road.carry(near, target, is_open).await });
            }
        });
        road
    }

    /// Lets this become of the next commit of a transaction whose connection prepares `statement`.
    pub(crate) fn at_commit_of(&self, statement: &'static str, fate: Fate) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some((statement, fate));
    }

    /// Whether what was to become of a commit has.
    pub(crate) fn has_happened(&self) -> bool {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Lets everything through again.
    pub(crate) fn mend(&self) {
        self.is_open.send_replace(true);
    }

    async fn carry(
        &self,
        mut near: TcpStream,
        target: SocketAddr,
        mut is_open: watch::Receiver<bool>,
    ) {
        if !*is_open.borrow() {
            return;
        }
        let mut far = TcpStream::connect(target).await.unwrap();
        let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
        let mut is_chosen = false;
        loop {
            tokio::select! {
                () = async { drop(is_open.wait_for(|is_open| !is_open).await) } => return,
                read = near.read(&mut asked) => {
                    let Ok(length @ 1..) = read else { return };
                    let piece = &asked[..length];
                    let Some(fate) = self.fate(piece, &mut is_chosen) else {
                        far.write_all(piece).await.unwrap();
                        continue;
                    };
                    if fate == Fate::NeverArrives {
                        return;
                    }
                    far.write_all(piece).await.unwrap();
                    let length = far.read(&mut answered).await.unwrap();
                    if fate == Fate::TheLast {
                        near.write_all(&answered[..length]).await.unwrap();
                        self.is_open.send_replace(false);
                    }
                    return;
                }
                read = far.read(&mut answered) => {
                    let Ok(length @ 1..) = read else { return };
                    if near.write_all(&answered[..length]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// What becomes of a piece that is asked, if it is the commit that was chosen.
    fn fate(&self, piece: &[u8], is_chosen: &mut bool) -> Option<Fate> {
        let holds = |text: &str| piece.windows(text.len()).any(|part| part == text.as_bytes());
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let (statement, _) = (*next)?;
        *is_chosen |= holds(statement);
        if *is_chosen && holds("COMMIT") { next.take().map(|(_, fate)| fate) } else { None }
    }
}
