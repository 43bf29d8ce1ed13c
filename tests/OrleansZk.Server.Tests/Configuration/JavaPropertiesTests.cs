using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.Tests.Configuration;

public sealed class JavaPropertiesTests
{
    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("a:b", "a", "b")]
    [InlineData("a b", "a", "b")]
    [InlineData("a\tb", "a", "b")]
    [InlineData("a\fb", "a", "b")]
    [InlineData("  a  =  b ", "a", "b ")]
    [InlineData("a = = b", "a", "= b")]
    [InlineData("a", "a", "")]
    [InlineData("a=", "a", "")]
    [InlineData("=b", "", "b")]
    [InlineData("server.1=host:2888:3888;2181", "server.1", "host:2888:3888;2181")]
    [InlineData("a=b#c", "a", "b#c")]
    [InlineData(@"a\=b=c", "a=b", "c")]
    [InlineData(@"a\:b\ c:d", "a:b c", "d")]
    [InlineData(@"a=\t\n\r\f\\\q", "a", "\t\n\r\f\\q")]
    [InlineData(@"a=\u0041\u00e9z", "a", "A\u00e9z")]
    [InlineData("a=b\\\n   c", "a", "bc")]
    [InlineData("a=b\\\r\n\tc", "a", "bc")]
    [InlineData("a=b\\\rc", "a", "bc")]
    [InlineData("a\\\n=b", "a", "b")]
    [InlineData("a=b\\\n#c", "a", "b#c")]
    [InlineData("a=b\\\n", "a", "b")]
    [InlineData("a=b\\", "a", "b")]
    [InlineData(@"a=b\\", "a", @"b\")]
    public void An_entry_is_read_as_Java_reads_it(string text, string key, string value)
    {
        JavaProperty property = JavaProperties.Parse(text, "zoo.cfg").ShouldHaveSingleItem();
        property.Key.ShouldBe(key);
        property.Value.ShouldBe(value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# a=b")]
    [InlineData("   ! a=b")]
    [InlineData("\n\r\n \t\f\n")]
    [InlineData("# a=b\\")]
    public void Comments_and_blank_lines_hold_nothing(string text) => JavaProperties.Parse(text, "zoo.cfg").ShouldBeEmpty();

    [Fact]
    public void A_comment_is_never_continued() =>
        JavaProperties.Parse("# comment \\\na=b", "zoo.cfg").ShouldHaveSingleItem().Key.ShouldBe("a");

    [Fact]
    public void Entries_know_the_line_that_they_start_on() =>
        JavaProperties.Parse("# one\na=b\\\n  c\r\n\r\nd=e\rf=g", "zoo.cfg").Select(property => (property.Key, property.Line))
            .ShouldBe([("a", 2), ("d", 5), ("f", 6)]);

    [Theory]
    [InlineData(@"ok=1" + "\n" + @"a=\u12")]
    [InlineData(@"ok=1" + "\n" + @"a=\u12G4")]
    [InlineData(@"ok=1" + "\n" + @"a=\u")]
    public void A_malformed_escape_is_refused(string text) =>
        Should.Throw<ConfigurationException>(() => JavaProperties.Parse(text, "zoo.cfg")).Message.ShouldStartWith("zoo.cfg, line 2: ");
}
