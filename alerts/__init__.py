"""Match stored articles, group them into stories, render digests and deliver them to chat."""
