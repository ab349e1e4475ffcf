//! Chromium without a window, driven over the WebDriver protocol.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::client::Client;

/// The name under which the protocol hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser of its own, that ends with its test.
pub struct Browser {
    driver: Child,
    client: Client,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts the driver on a free loopback port, and a browser.
    ///
    /// # Panics
    /// Where Debian's packages chromium and chromium-driver are not installed: `tests/run` does it.
    pub fn start() -> Self {
        Self::start_with(&json!({}))
    }

    /// One that runs no script of a page.
    pub fn without_script() -> Self {
        Self::start_with(&json!({"profile.managed_default_content_settings.javascript": 2}))
    }

    fn start_with(preferences: &Value) -> Self {
        let profile = tempfile::tempdir().expect("a directory");
        let (driver, port) = (0..DRIVERS)
            .find_map(|_| driver())
            .expect("chromedriver says its port");
        let mut browser = Self {
            driver,
            client: Client::connect(([127, 0, 0, 1], port).into()),
            session: String::new(),
            _profile: profile,
        };
        let profile = format!("--user-data-dir={}", browser._profile.path().display());
        // The sandbox does not work for root, nor in every container; what is opened here is our own.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            &profile,
        ];
        let options = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments, "prefs": preferences},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let begun = browser.ask(
            "POST",
            "",
            &json!({"capabilities": {"alwaysMatch": options}}),
        );
        browser.session = format!("/{}", begun["sessionId"].as_str().expect("a session"));
        // An element may come with the page that a click leads to.
        browser.ask("POST", "/timeouts", &json!({"implicit": 30_000}));
        browser
    }

    fn ask(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self
            .try_ask(method, path, body)
            .expect("the driver answers");
        assert!(answer["error"].is_null(), "{path} {body}: {answer}");
        answer
    }

    fn try_ask(&mut self, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
        let target = format!("/session{}{path}", self.session);
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let kind = [("Content-Type", "application/json")];
        let answer = self
            .client
            .try_request(method, &target, &kind, body.as_bytes())?;
        let mut answer: Value = serde_json::from_str(&answer.body)?;
        Ok(answer["value"].take())
    }

    /// Opens a page.
    pub fn open(&mut self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url }));
    }

    /// Goes into the first frame of the page.
    pub fn enter_frame(&mut self) {
        let frame = self.find("iframe");
        self.ask("POST", "/frame", &json!({ "id": { ELEMENT: frame } }));
    }

    /// Goes back to the page around the frame.
    pub fn leave_frame(&mut self) {
        self.ask("POST", "/frame/parent", &json!({}));
    }

    /// Clicks the first element that a CSS selector finds.
    pub fn click(&mut self, selector: &str) {
        let element = self.find(selector);
        self.ask("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Fills the first field that a CSS selector finds, in place of what it holds.
    pub fn fill(&mut self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.ask("POST", &format!("/element/{element}/clear"), &json!({}));
        self.ask(
            "POST",
            &format!("/element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// The text of the first element that a CSS selector finds, as it is shown.
    pub fn text(&mut self, selector: &str) -> String {
        let element = self.find(selector);
        let text = self.ask("GET", &format!("/element/{element}/text"), &json!({}));
        text.as_str().expect("a text").to_owned()
    }

    /// Waits until the first element that a CSS selector finds reads so: a click may lead to another page a little later.
    pub fn reads(&mut self, selector: &str, text: &str) {
        let since = Instant::now();
        let script = format!(
            "return document.querySelector({})?.innerText;",
            json!(selector)
        );
        let body = json!({ "script": script, "args": [] });
        loop {
            let read = self
                .try_ask("POST", "/execute/sync", &body)
                .unwrap_or_default();
            if read == text {
                return;
            }
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "{selector}: {read}, not {text}"
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until a script returns true.
    pub fn wait(&mut self, condition: &str) {
        let since = Instant::now();
        let body = json!({ "script": format!("return {condition};"), "args": [] });
        // While one page goes and another comes, there is none to ask.
        while self.try_ask("POST", "/execute/sync", &body).ok() != Some(json!(true)) {
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "waited for {condition} in vain"
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until the page has this text somewhere.
    pub fn says(&mut self, text: &str) {
        self.wait(&format!(
            "document.body.innerText.includes({})",
            json!(text)
        ));
    }

    /// Shows pages so wide, in light or dark colours.
    pub fn look(&mut self, width: u32, height: u32, scheme: &str) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", &size);
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.command("Emulation.setEmulatedMedia", &scheme);
    }

    /// A picture of the page, PNG.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let picture = self.ask("GET", "/screenshot", &json!({}));
        STANDARD
            .decode(picture.as_str().expect("a text"))
            .expect("base64")
    }

    /// What the browser's console was told since this was asked last, and is no advice.
    pub fn errors(&mut self) -> Vec<String> {
        let entries = self.ask("POST", "/se/log", &json!({"type": "browser"}));
        let entries = entries.as_array().expect("a list");
        entries
            .iter()
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    fn command(&mut self, name: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": name, "params": parameters});
        self.ask("POST", "/goog/cdp/execute", &body)
    }

    /// What a script returns there.
    pub fn run(&mut self, script: &str) -> Value {
        self.ask(
            "POST",
            "/execute/sync",
            &json!({ "script": script, "args": [] }),
        )
    }

    fn find(&mut self, selector: &str) -> String {
        let found = self.ask(
            "POST",
            "/element",
            &json!({"using": "css selector", "value": selector}),
        );
        found[ELEMENT].as_str().expect("an element").to_owned()
    }
}

/// How often a driver is started: of several that start at once one may find its port taken, and end.
const DRIVERS: usize = 10;

/// A driver and its port; none where it ends before it says that.
fn driver() -> Option<(Child, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts; it is in Debian's package chromium-driver");
    let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
    let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let port = line.split("successfully on port ").nth(1)?;
        port.trim_end_matches('.').parse::<u16>().ok()
    });
    let Some(port) = port else {
        driver.kill().ok();
        driver.wait().ok();
        return None;
    };
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser; a driver that is killed would leave it behind.
        self.try_ask("DELETE", "", &json!({})).ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}
