"""Scrapy settings that hold for every crawl; what depends on the configuration is added by the spider.

Hardened: no listening ports, no cookies, no files, no proxies from the environment, TLS verified, sizes
and times bounded.
"""

from __future__ import annotations

BOT_NAME = "newswatch"
SPIDER_LOADER_CLASS = "crawler.spiderloader.SourceSpiderLoader"
SPIDER_MODULES: list[str] = []

TWISTED_REACTOR_ENABLED = False  # plain asyncio: no Twisted resolver, no reactor that cannot restart
DOWNLOAD_HANDLERS = {
    "http": "crawler.net.download.GuardedDownloadHandler",
    "https": "crawler.net.download.GuardedDownloadHandler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawler.net.download.DeadlineRedirectMiddleware": 600,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.net.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
}
EXTENSIONS = {
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.logstats.LogStats": None,
}

TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
COOKIES_ENABLED = False
HTTPPROXY_ENABLED = False
METAREFRESH_ENABLED = False
REFERER_ENABLED = False
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_TLS_MIN_VERSION = "TLSv1.2"

ROBOTSTXT_OBEY = False  # Scrapy's middleware is replaced by crawler.net.robots, which always obeys
HTTPERROR_ALLOW_ALL = True  # every status is an outcome that we read ourselves
REDIRECT_MAX_TIMES = 5
RETRY_ENABLED = True
RETRY_TIMES = 1
RETRY_HTTP_CODES = [500, 502, 504, 522, 524]  # not 429 and 503: they name a wait, which we keep
DOWNLOAD_TIMEOUT = 20
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = True
URLLENGTH_LIMIT = 2083

WARN_ON_GENERATOR_RETURN_VALUE = False  # it reads our source code at every start
CONCURRENT_REQUESTS = 32
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1
DOWNLOAD_DELAY_JITTER = 0  # the delay is a promise to the site: never less
AUTOTHROTTLE_ENABLED = False  # it would lower a Crawl-delay again

LOG_LEVEL = "WARNING"  # DEBUG prints every address, and addresses may hold keys
