//! Walks through an XML file part by part, so that a file of any size needs the memory of one part.
//!
//! Names are those without prefix: banks bind the namespaces of ISO 20022 or their own to any prefix
//! or to none. Nothing outside the file is ever read, and a document type is refused, so there are
//! no entities but those of XML itself.

use std::borrow::Cow;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::file::{Place, Unreadable, UnreadableReason, WarningReason, Warnings};

/// How deep elements may stand in one another.
pub(crate) const DEPTH_MAX: usize = 64;
/// How many elements may stand in one part.
pub(crate) const ELEMENTS_MAX: usize = 10_000;

/// One element with all that is in it.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) place: Place,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The first element that one comes to by these names.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |element, name| element.all(name).next())
    }

    /// The text of the element that one comes to by these names, unless it is blank.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(Self::text).filter(|text| !text.is_empty())
    }

    /// The text without white space at its ends.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The elements right below with this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The elements right below.
    pub(crate) fn children(&self) -> &[Self] {
        &self.children
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The values of `xmlns` and `xmlns:…`.
    pub(crate) fn namespaces(&self) -> impl Iterator<Item = &str> {
        let is_namespace = |key: &str| key == "xmlns" || key.starts_with("xmlns:");
        self.attributes
            .iter()
            .filter(move |(key, _)| is_namespace(key))
            .map(|(_, value)| value.as_str())
    }
}

/// What one comes to next.
#[derive(Debug)]
pub(crate) enum Step {
    /// An element whose inside comes step by step; only its name and attributes are there.
    Enter(Element),
    /// The end of an element that was entered, and its name.
    Leave(String),
    /// An element with all that is in it.
    Whole(Element),
}

/// The way through one file.
pub(crate) struct Walk<'a> {
    content: &'a str,
    reader: Reader<&'a [u8]>,
    /// Up to where lines were counted, and the place there.
    counted: (usize, Place),
    entered: Vec<String>,
    is_over: bool,
}

impl<'a> Walk<'a> {
    /// Begins at the first element of `content`, which [`decode`] has given.
    pub(crate) fn of(content: &'a str) -> Self {
        let mut reader = Reader::from_str(content);
        reader.config_mut().expand_empty_elements = true;
        let counted = (0, Place { line: 1, column: 1 });
        Self { content, reader, counted, entered: Vec::new(), is_over: false }
    }

    /// The next step, or nothing at the end. An element is entered if `is_entered` says so of its
    /// name, and read as a whole otherwise.
    pub(crate) fn next(
        &mut self,
        warnings: &mut Warnings,
        is_entered: impl Fn(&str) -> bool,
    ) -> Result<Option<Step>, Unreadable> {
        loop {
            match self.event()? {
                (place, Event::Start(start)) => {
                    if self.is_over {
                        return Err(Unreadable { place, reason: UnreadableReason::AfterEnd });
                    }
                    let element = element(&start, place);
                    if !is_entered(&element.name) {
                        return self.whole(element, warnings).map(|whole| Some(Step::Whole(whole)));
                    }
                    self.entered.push(element.name.clone());
                    check_depth(place, self.entered.len())?;
                    return Ok(Some(Step::Enter(element)));
                }
                (_, Event::End(_)) => {
                    let name = self.entered.pop().unwrap_or_default();
                    self.is_over = self.entered.is_empty();
                    return Ok(Some(Step::Leave(name)));
                }
                (place, Event::Text(text))
                    if self.entered.is_empty() && !text.trim().is_empty() =>
                {
                    return Err(not_xml(place, "text outside of any element"));
                }
                (place, Event::Eof) => {
                    return match self.entered.pop() {
                        Some(name) => Err(cut_off(place, &name)),
                        None => Ok(None),
                    };
                }
                _ => {}
            }
        }
    }

    /// Reads on to the end of `root`, without recursion: depth is bounded, the stack too.
    fn whole(&mut self, root: Element, warnings: &mut Warnings) -> Result<Element, Unreadable> {
        let mut count = 0;
        let mut open = Vec::new();
        let mut current = root;
        loop {
            match self.event()? {
                (place, Event::Start(start)) => {
                    count += 1;
                    if count > ELEMENTS_MAX {
                        let reason = UnreadableReason::TooManyElements;
                        return Err(Unreadable { place, reason });
                    }
                    open.push(std::mem::replace(&mut current, element(&start, place)));
                    check_depth(place, self.entered.len() + open.len())?;
                }
                (_, Event::End(_)) => {
                    let Some(parent) = open.pop() else {
                        self.is_over = self.entered.is_empty();
                        return Ok(current);
                    };
                    let child = std::mem::replace(&mut current, parent);
                    current.children.push(child);
                }
                (_, Event::Text(text)) => current.text.push_str(&text.xml10_content()),
                (_, Event::CData(text)) => current.text.push_str(&text.xml10_content()),
                (place, Event::GeneralRef(entity)) => {
                    current.text.push(resolved(&entity, place, warnings));
                }
                (place, Event::Eof) => return Err(cut_off(place, &current.name)),
                _ => {}
            }
        }
    }

    /// The next event and where it begins.
    fn event(&mut self) -> Result<(Place, Event<'a>), Unreadable> {
        let place = self.place();
        match self.reader.read_event() {
            Ok(Event::DocType(_)) => {
                Err(Unreadable { place, reason: UnreadableReason::DocumentType })
            }
            Ok(event) => Ok((place, event)),
            Err(error) => Err(not_xml(self.place(), &error.to_string())),
        }
    }

    fn place(&mut self) -> Place {
        let offset = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let (before, mut place) = self.counted;
        let passed = self.content.as_bytes().get(before..offset).unwrap_or_default();
        for &byte in passed {
            if byte == b'\n' {
                place = Place { line: place.line.saturating_add(1), column: 1 };
            } else {
                place.column = place.column.saturating_add(1);
            }
        }
        self.counted = (offset.max(before), place);
        place
    }
}

fn check_depth(place: Place, depth: usize) -> Result<(), Unreadable> {
    if depth > DEPTH_MAX {
        return Err(Unreadable { place, reason: UnreadableReason::TooDeep });
    }
    Ok(())
}

/// The file as text: UTF-8, or else ISO 8859-1, which is any bytes, with a warning.
pub(crate) fn decode<'a>(
    content: &'a [u8],
    warnings: &mut Warnings,
) -> Result<Cow<'a, str>, Unreadable> {
    let place = Place { line: 1, column: 1 };
    let refuse = |reason| Err(Unreadable { place, reason });
    if content.len() > crate::BYTES_MAX {
        return refuse(UnreadableReason::TooLarge);
    }
    if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
        return refuse(UnreadableReason::Utf16);
    }
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    if content.iter().all(u8::is_ascii_whitespace) {
        return refuse(UnreadableReason::Empty);
    }
    if let Ok(text) = str::from_utf8(content) {
        return Ok(Cow::Borrowed(text));
    }
    warnings.add(place, WarningReason::NotUtf8);
    Ok(Cow::Owned(content.iter().map(|&byte| char::from(byte)).collect()))
}

fn element(start: &BytesStart<'_>, place: Place) -> Element {
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false).flatten() {
        attributes.push((attribute.key.as_ref().to_owned(), attribute.value.into_owned()));
    }
    Element {
        name: start.local_name().as_ref().to_owned(),
        place,
        attributes,
        text: String::new(),
        children: Vec::new(),
    }
}

/// The character that an entity stands for, or the replacement character with a warning.
fn resolved(entity: &BytesRef<'_>, place: Place, warnings: &mut Warnings) -> char {
    let known = match entity.as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => entity.resolve_char_ref().ok().flatten(),
    };
    known.unwrap_or_else(|| {
        warnings.add(place, WarningReason::UnknownEntity(crate::field::shown(entity)));
        char::REPLACEMENT_CHARACTER
    })
}

fn not_xml(place: Place, why: &str) -> Unreadable {
    Unreadable { place, reason: UnreadableReason::NotXml(crate::field::shown(why)) }
}

fn cut_off(place: Place, name: &str) -> Unreadable {
    Unreadable { place, reason: UnreadableReason::CutOff(crate::field::shown(name)) }
}

/// The number of the version in a name such as `urn:iso:std:iso:20022:tech:xsd:pain.002.001.03`, of
/// which `prefix` is the part before it.
pub(crate) fn version(name: &str, prefix: &str) -> Option<u32> {
    let (_, rest) = name.split_once(prefix)?;
    rest.get(..2)?.parse().ok()
}
