using OrleansZk.Core.Paths;

namespace OrleansZk.Unit.Paths;

public sealed class PrefixTableTests
{
    private readonly PrefixTable<string> _table = new();

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a", "/ /a")]
    [InlineData("/a/bc/d", "/ /a /a/bc /a/bc/d")]
    [InlineData("/č/日本語", "/ /č /č/日本語")]
    [InlineData("", "")]
    public void A_path_has_these_above_it(string path, string expected)
    {
        var found = new List<string>();
        var hashes = new List<ulong>();
        var prefixes = new PathPrefixes(path);
        while (prefixes.MoveNext())
        {
            found.Add(prefixes.Current.ToString());
            hashes.Add(prefixes.Hash);
        }

        string.Join(' ', found).ShouldBe(expected);
        hashes.ShouldBe(found.Select(prefix => PathPrefixes.HashOf(prefix)), "a prefix has the hash that it has as a path");
        hashes.ShouldBeUnique();
    }

    [Fact]
    public void Segments_are_told_apart()
    {
        string[] paths = ["/", "/a", "/ab", "/a/b", "/b/a", "/b", "/a/a", "/aa", "/a/b/c", "/ab/c", "/a/bc", "a", "b", "xa", "ya", "/a//b"];

        paths.Select(path => PathPrefixes.HashOf(path)).ShouldBeUnique();
    }

    [Fact]
    public void Any_text_has_an_end_and_is_told_from_any_other()
    {
        // All texts of up to seven of these: clients may watch what is no path.
        var texts = new List<string> { "" };
        for (int i = 0; i < texts.Count && texts[i].Length < 7; i++)
        {
            texts.AddRange([$"{texts[i]}/", $"{texts[i]}a", $"{texts[i]}b"]);
        }

        foreach (string text in texts)
        {
            _table.Add(text, text);
        }

        _table.Count.ShouldBe(texts.Count);
        texts.ShouldAllBe(text => _table.Find(text) == text);
        texts.GroupBy(text => PathPrefixes.HashOf(text)).Max(same => same.Count()).ShouldBeLessThanOrEqualTo(2, "a slash at the end does not count");
    }

    [Fact]
    public void The_deepest_value_is_found_whether_or_not_the_path_has_one_itself()
    {
        _table.FindDeepest("/a/b").ShouldBeNull();
        foreach (string path in new[] { "/", "/a", "/a/b/c", "/ab" })
        {
            _table.Add(path, path);
        }

        _table.FindDeepest("/a/b").ShouldBe("/a");
        _table.FindDeepest("/a/b/c").ShouldBe("/a/b/c");
        _table.FindDeepest("/a/b/c/d/e").ShouldBe("/a/b/c");
        _table.FindDeepest("/abc").ShouldBe("/");
        _table.Find("/a").ShouldBe("/a");
        _table.Find("/a/b").ShouldBeNull();
    }

    [Fact]
    public void Values_go_one_by_one_also_those_of_paths_with_one_hash()
    {
        // A trailing slash does not count in the hash; no node has one, but a client may watch any text.
        string[] paths = ["/a", "/a/", "/b", "/c/d"];
        foreach (string path in paths)
        {
            _table.Add(path, path);
        }

        _table.Count.ShouldBe(4);
        _table.Remove("/none");
        for (int i = 0; i < paths.Length; i++)
        {
            _table.Remove(paths[i]);
            _table.Remove(paths[i]);
            _table.Count.ShouldBe(3 - i);
            paths.Select(path => _table.Find(path)).ShouldBe(paths.Select((path, at) => at <= i ? null : path));
        }
    }
}
